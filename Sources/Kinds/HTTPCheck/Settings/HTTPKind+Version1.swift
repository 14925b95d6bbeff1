package import Base
package import Checks

extension HTTPKind {
    /// The check of a row of version 1: the URL beside an object with its own names and units.
    ///
    /// Throws `FieldError` for a value that is out of bounds or of another type.
    package static func spec(version1 url: String, _ options: JSONObject) throws(FieldError) -> CheckSpec {
        var members = JSONObject([("url", .string(url))])
        for (name, value) in options.members {
            for (name, value) in current(name, value) { members[name] = value }
        }
        return try spec(members)
    }

    /// The current name of a member of version 1, and its converted value.
    private static func current(_ name: String, _ value: JSONValue) -> [(String, JSONValue)] {
        switch name {
        case "authentication": [("auth", authentication(value))]
        case "client_certificate": [("client_cert", value)]
        case "max_body_bytes": [("max_body", value)]
        case "timeout_ms": [("timeout", seconds(value))]
        case "connect_timeout_ms": [("connect_timeout", seconds(value))]
        case "max_redirects": value == .null ? [("follow_redirects", false)] : [("max_redirects", value)]
        case "headers": [("headers", headers(value))]
        default: [(name, value)]
        }
    }

    private static func seconds(_ value: JSONValue) -> JSONValue {
        value.integerValue.map { .number(Double($0) / 1000) } ?? value
    }

    private static func authentication(_ value: JSONValue) -> JSONValue {
        guard case .object(var object) = value else { return value }
        object["username"] = object["user"]
        object["user"] = nil
        return .object(object)
    }

    /// `[[name, value], …]` as an object.
    private static func headers(_ value: JSONValue) -> JSONValue {
        guard let pairs = value.arrayValue else { return value }
        var object = JSONObject()
        for pair in pairs {
            guard let pair = pair.arrayValue, pair.count == 2, let name = pair[0].stringValue else { return value }
            object[name] = pair[1]
        }
        return .object(object)
    }
}
