package import Base
package import Domain

/// The stored JSON of `HTTPSpec.Options`: an object of the members that differ from the default.
///
/// Lengths of time are whole milliseconds (`_ms`). Reading is strict: an unknown member, a wrong type or a value out of
/// bounds is an error, so that a change of meaning can never go unseen.
package enum HTTPSpecCodec {
    /// Why a stored object is none.
    package struct Failure: Error, Sendable, Equatable, CustomStringConvertible {
        /// The member's name; empty for the whole.
        package let member: String
        package let reason: String
        package var description: String { member.isEmpty ? reason : "\(member): \(reason)" }
    }

    /// The text to store; nil when all options have their default.
    package static func encode(_ options: HTTPSpec.Options) -> String? {
        let object = object(options)
        return object.members.isEmpty ? nil : JSONValue.object(object).description
    }

    /// The options of a stored text; nil stands for the default.
    package static func decode(_ text: String?) throws(Failure) -> HTTPSpec.Options {
        guard let text else { return HTTPSpec.Options() }
        let value: JSONValue
        do throws(JSONError) { value = try JSONValue(parsing: text) } catch {
            throw Failure(member: "", reason: error.description)
        }
        guard case .object(let object) = value else { throw Failure(member: "", reason: "not an object") }
        return try decode(object)
    }
}

// MARK: Writing

extension HTTPSpecCodec {
    /// The members that differ from the default, in a fixed order.
    package static func object(_ options: HTTPSpec.Options) -> JSONObject {
        let standard = HTTPSpec.Options()
        var members: [(key: String, value: JSONValue)] = []
        func add<Value: Equatable>(
            _ key: String,
            _ path: KeyPath<HTTPSpec.Options, Value>,
            _ make: (Value) -> JSONValue
        ) {
            let value = options[keyPath: path]
            if value != standard[keyPath: path] { members.append((key, make(value))) }
        }
        func optional(_ text: String?) -> JSONValue { text.map { .string($0) } ?? .null }
        add("method", \.method) { .string($0) }
        add("headers", \.headers) { .array($0.map { .array([.string($0.name), .string($0.value)]) }) }
        add("body", \.body, optional)
        add("authentication", \.authentication) { $0.map(json) ?? .null }
        add("expected_status", \.expectedStatus) { .string($0.description) }
        add("max_redirects", \.maximumRedirects) { $0.map { .integer(Int64($0)) } ?? .null }
        add("timeout_ms", \.timeout) { .integer($0.wholeMilliseconds) }
        add("connect_timeout_ms", \.connectTimeout) { $0.map { .integer($0.wholeMilliseconds) } ?? .null }
        add("verify_tls", \.verifyTLS) { .bool($0) }
        add("ca_file", \.caFile, optional)
        add("client_certificate", \.clientCertificate, optional)
        add("client_key", \.clientKey, optional)
        add("resolve", \.resolve) { .array($0.map { .string($0.text) }) }
        add("resolver", \.resolver, optional)
        add("proxy", \.proxy, optional)
        add("ip_version", \.ipVersion) { .string($0.rawValue) }
        add("http_version", \.httpVersion) { .string($0.rawValue) }
        add("keyword", \.keyword, optional)
        add("not_keyword", \.forbiddenKeyword, optional)
        add("max_body_bytes", \.maximumBody) { .integer(Int64($0)) }
        add("user_agent", \.userAgent, optional)
        add("reuse_connection", \.reuseConnection) { .bool($0) }
        return JSONObject(members)
    }

    private static func json(_ authentication: HTTPSpec.Authentication) -> JSONValue {
        switch authentication {
        case .basic(let user, let password):
            ["type": "basic", "user": .string(user), "password": .string(password)]
        case .bearer(let token): ["type": "bearer", "token": .string(token)]
        }
    }
}

// MARK: Reading

extension HTTPSpecCodec {
    /// The options of an object as `object(_:)` makes it; missing members have their default.
    package static func decode(_ object: JSONObject) throws(Failure) -> HTTPSpec.Options {
        var options = HTTPSpec.Options()
        for (key, value) in object.members { try set(key, value, &options) }
        return options
    }

    private static func set(_ key: String, _ value: JSONValue, _ options: inout HTTPSpec.Options) throws(Failure) {
        let reader = MemberReader(key: key, value: value)
        switch key {
        case "method": options.method = try reader.text()
        case "headers": options.headers = try reader.headers()
        case "body": options.body = try reader.text()
        case "authentication": options.authentication = try reader.authentication()
        case "expected_status":
            options.expectedStatus = try reader.made("a set of status codes") { StatusSet(text: $0) }
        case "max_redirects":
            options.maximumRedirects = value == .null ? nil : Int(try reader.integer(0...1000))
        case "timeout_ms": options.timeout = try reader.duration()
        case "connect_timeout_ms": options.connectTimeout = try reader.duration()
        case "verify_tls": options.verifyTLS = try reader.flag()
        case "ca_file": options.caFile = try reader.text()
        case "client_certificate": options.clientCertificate = try reader.text()
        case "client_key": options.clientKey = try reader.text()
        case "resolve": options.resolve = try reader.resolve()
        case "resolver": options.resolver = try reader.text()
        case "proxy": options.proxy = try reader.text()
        case "ip_version": options.ipVersion = try reader.made("an IP version") { .init(rawValue: $0) }
        case "http_version": options.httpVersion = try reader.made("an HTTP version") { .init(rawValue: $0) }
        case "keyword": options.keyword = try reader.text()
        case "not_keyword": options.forbiddenKeyword = try reader.text()
        case "max_body_bytes": options.maximumBody = Int(try reader.integer(0...(1 << 40)))
        case "user_agent": options.userAgent = try reader.text()
        case "reuse_connection": options.reuseConnection = try reader.flag()
        default: throw Failure(member: key, reason: "unknown member")
        }
    }
}

/// Reads one member of a known type.
private struct MemberReader {
    let key: String
    let value: JSONValue

    func failure(_ wanted: String) -> HTTPSpecCodec.Failure { .init(member: key, reason: "not \(wanted)") }

    func text() throws(HTTPSpecCodec.Failure) -> String {
        guard let text = value.stringValue else { throw failure("a string") }
        return text
    }

    func flag() throws(HTTPSpecCodec.Failure) -> Bool {
        guard let flag = value.boolValue else { throw failure("true or false") }
        return flag
    }

    func integer(_ bounds: ClosedRange<Int64>) throws(HTTPSpecCodec.Failure) -> Int64 {
        guard let integer = value.integerValue, bounds.contains(integer) else {
            throw failure("an integer from \(bounds.lowerBound) to \(bounds.upperBound)")
        }
        return integer
    }

    func duration() throws(HTTPSpecCodec.Failure) -> Duration { .milliseconds(try integer(1...86_400_000)) }

    func made<Value>(_ wanted: String, _ make: (String) -> Value?) throws(HTTPSpecCodec.Failure) -> Value {
        guard let made = make(try text()) else { throw failure(wanted) }
        return made
    }

    func headers() throws(HTTPSpecCodec.Failure) -> [HTTPSpec.Header] {
        guard let headers = HTTPSpec.Header.list(value) else { throw failure("a list of [name, value]") }
        return headers
    }

    func resolve() throws(HTTPSpecCodec.Failure) -> [HTTPSpec.ResolveOverride] {
        var found: [HTTPSpec.ResolveOverride] = []
        for element in value.arrayValue ?? [.null] {
            guard let override = element.stringValue.flatMap(HTTPSpec.ResolveOverride.init(text:)) else {
                throw failure("a list of HOST:PORT:ADDRESS")
            }
            found.append(override)
        }
        return found
    }

    func authentication() throws(HTTPSpecCodec.Failure) -> HTTPSpec.Authentication {
        guard case .object(let object) = value else { throw failure("an object") }
        switch (object["type"], object.members.count) {
        case ("basic", 3):
            if let user = object["user"]?.stringValue, let password = object["password"]?.stringValue {
                return .basic(user: user, password: password)
            }
        case ("bearer", 2):
            if let token = object["token"]?.stringValue { return .bearer(token: token) }
        default: break
        }
        throw failure("basic or bearer authentication")
    }
}

extension HTTPSpec.Header {
    /// The header fields of `[[name, value], …]`; nil for anything else.
    static func list(_ value: JSONValue) -> [HTTPSpec.Header]? {
        guard let elements = value.arrayValue else { return nil }
        var found: [HTTPSpec.Header] = []
        for element in elements {
            guard let pair = element.arrayValue, pair.count == 2, let name = pair[0].stringValue,
                let text = pair[1].stringValue
            else { return nil }
            found.append(HTTPSpec.Header(name: name, value: text))
        }
        return found
    }

    /// `[[name, value], …]`.
    static func json(_ headers: [HTTPSpec.Header]) -> JSONValue {
        .array(headers.map { .array([.string($0.name), .string($0.value)]) })
    }
}
