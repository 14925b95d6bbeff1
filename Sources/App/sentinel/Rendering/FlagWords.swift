import Base
import Domain

/// What a flag accepts, in the words of an error message.
enum FlagWords {
    /// Completes "is not …": "a duration from 10s to 1d, such as 30s", "a whole number from 0 to 10".
    ///
    /// The placeholder where the flag has a notation of its own, such as `NAME:VALUE`.
    static func expected(_ declaration: FlagDeclaration) -> String {
        var components: [String: JSONValue] = [:]
        let document = element(declaration.schema.document(&components), components)
        switch declaration.flag.placeholder {
        case "DURATION": return duration(document)
        case "BYTES": return "a number of bytes" + bounds(document) + ", such as 64K"
        default: break
        }
        switch type(document) {
        case "integer": return "a whole number" + bounds(document)
        case "number": return "a number" + bounds(document)
        default: return declaration.flag.placeholder
        }
    }

    /// One element of a list, what is not null of a choice, and what a name stands for.
    private static func element(_ document: JSONValue, _ components: [String: JSONValue]) -> JSONValue {
        if let name = document["$ref"]?.stringValue?.split(separator: "/").last, let part = components[String(name)] {
            return element(part, components)
        }
        let parts = (document["anyOf"] ?? document["oneOf"])?.arrayValue?.filter { $0["type"] != "null" } ?? []
        if parts.count == 1 { return element(parts[0], components) }
        guard type(document) == "array", let items = document["items"] else { return document }
        return element(items, components)
    }

    private static func type(_ document: JSONValue) -> String? {
        let types = document["type"]?.arrayValue ?? document["type"].map { [$0] } ?? []
        return types.compactMap(\.stringValue).first { $0 != "null" }
    }

    private static func duration(_ document: JSONValue) -> String {
        guard let least = document["minimum"]?.doubleValue, let most = document["maximum"]?.doubleValue else {
            return "a duration, such as 30s"
        }
        let example = min(max(30, least), most)
        return "a duration from \(text(least)) to \(text(most)), such as \(text(example))"
    }

    private static func text(_ seconds: Double) -> String {
        Duration.milliseconds(Int64(min(seconds * 1000, 1e15).rounded())).text
    }

    private static func bounds(_ document: JSONValue) -> String {
        guard let least = document["minimum"] else { return "" }
        guard let most = document["maximum"], most != .integer(.max) else { return " from \(least)" }
        return " from \(least) to \(most)"
    }
}
