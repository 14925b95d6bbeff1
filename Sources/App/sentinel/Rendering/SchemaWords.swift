import Base

/// A schema in the words of a reference table.
enum SchemaWords {
    static func text(_ schema: Schema) -> String {
        var components: [String: JSONValue] = [:]
        let document = schema.document(&components)
        return words(document, components)
    }

    private static func words(_ document: JSONValue, _ components: [String: JSONValue]) -> String {
        if let reference = document["$ref"]?.stringValue, let name = reference.split(separator: "/").last {
            return components[String(name)].map { words($0, components) } ?? "an object"
        }
        if let choices = document["enum"]?.arrayValue { return list(choices.map { "`\(plain($0))`" }) }
        for name in ["anyOf", "oneOf"] {
            guard let parts = document[name]?.arrayValue,
                parts.allSatisfy({ $0["required"] == nil || $0["type"] != nil })
            else { continue }
            return list(parts.map { words($0, components) })
        }
        if let types = document["type"]?.arrayValue {
            return list(types.map { type in words(document.replacing("type", with: type), components) })
        }
        switch document["type"]?.stringValue {
        case "boolean": return "true or false"
        case "integer": return "a whole number" + bounds(document)
        case "number": return "a number" + bounds(document)
        case "string": return document["format"] == "date-time" ? "a date and time" : "a text" + length(document)
        case "array":
            let element = document["items"].map { words($0, components) } ?? "a value"
            let most = document["maxItems"].map { "at most \($0)" } ?? "any number"
            return "a list, \(most), each \(element)"
        case "object": return object(document, components)
        case "null": return "null"
        default: return "any value"
        }
    }

    private static func object(_ document: JSONValue, _ components: [String: JSONValue]) -> String {
        guard case .object(let properties)? = document["properties"], !properties.members.isEmpty else {
            let value = document["additionalProperties"].map { words($0, components) } ?? "a value"
            return "an object, each member \(value)"
        }
        return "an object of " + properties.members.map { "`\($0.key)`" }.joined(separator: ", ")
    }

    private static func bounds(_ document: JSONValue) -> String {
        guard let least = document["minimum"], let most = document["maximum"] else { return "" }
        if most == .integer(.max) { return " from \(least)" }
        return " from \(least) to \(most)"
    }

    private static func length(_ document: JSONValue) -> String {
        document["maxLength"].map { " of at most \($0) characters" } ?? ""
    }

    private static func plain(_ value: JSONValue) -> String { value.stringValue ?? value.description }

    private static func list(_ parts: [String]) -> String {
        var seen: [String] = []
        for part in parts where !seen.contains(part) { seen.append(part) }
        guard let last = seen.last, seen.count > 1 else { return seen.first ?? "" }
        return seen.dropLast().joined(separator: ", ") + " or " + last
    }
}

extension JSONValue {
    fileprivate func replacing(_ name: String, with value: JSONValue) -> JSONValue {
        guard case .object(var object) = self else { return self }
        object[name] = value
        return .object(object)
    }
}
