extension Schema {
    /// The JSON Schema 2020-12 of the value; named schemas become references and are added to `components`.
    package func document(_ components: inout [String: JSONValue]) -> JSONValue {
        guard let name else { return nullableDocument(inlineDocument(&components)) }
        if components[name] == nil {
            components[name] = .null  // Reserves the name, in case a schema refers to itself.
            components[name] = inlineDocument(&components)
        }
        return nullableDocument(["$ref": .string("#/components/schemas/\(name)")])
    }

    private func nullableDocument(_ document: JSONValue) -> JSONValue {
        guard isNullable, case .object(var object) = document else { return document }
        guard case .string(let type)? = object["type"], object["enum"] == nil else {
            return ["anyOf": .array([document, ["type": "null"]])]
        }
        object["type"] = [.string(type), "null"]
        return .object(object)
    }

    private func inlineDocument(_ components: inout [String: JSONValue]) -> JSONValue {
        var object = JSONObject()
        switch kind {
        case .any: break
        case .boolean: object["type"] = "boolean"
        case .integer(let range):
            object["type"] = "integer"
            object["minimum"] = range.map { .integer($0.lowerBound) }
            object["maximum"] = range.map { .integer($0.upperBound) }
        case .number(let range):
            object["type"] = "number"
            object["minimum"] = range.map { .number($0.lowerBound) }
            object["maximum"] = range.map { .number($0.upperBound) }
        case .string(let text): text.describe(into: &object)
        case .array(let element, let least, let limit):
            object["type"] = "array"
            object["items"] = element.document(&components)
            object["minItems"] = least == 0 ? nil : .integer(Int64(least))
            object["maxItems"] = limit == .max ? nil : .integer(Int64(limit))
        case .object(let fields): Self.describe(fields, into: &object, &components)
        case .map(_, let element, let limit):
            object["type"] = "object"
            object["additionalProperties"] = element.document(&components)
            object["maxProperties"] = .integer(Int64(limit))
        case .either(let first, let second):
            object["anyOf"] = [first.document(&components), second.document(&components)]
        case .tagged(let member, let schemas, let standard):
            // Without the member several schemas may fit, so the document cannot say "exactly one".
            object[standard == nil ? "oneOf" : "anyOf"] = .array(schemas.map { $0.schema.document(&components) })
            guard standard == nil else { break }
            let names = schemas.compactMap { schema in
                schema.schema.name.map { (key: schema.word, value: JSONValue.string("#/components/schemas/\($0)")) }
            }
            object["discriminator"] = [
                "propertyName": .string(member), "mapping": .object(JSONObject(names)),
            ]
        case .open(let schemas): object["anyOf"] = .array(schemas.map { $0.document(&components) })
        }
        if !alternatives.isEmpty {
            object["oneOf"] = .array(alternatives.map { ["required": [.string($0)]] })
        }
        if let example { object["examples"] = [example] }
        return .object(object)
    }

    private static func describe(
        _ fields: [Field],
        into object: inout JSONObject,
        _ components: inout [String: JSONValue]
    ) {
        object["type"] = "object"
        let required = fields.filter(\.isRequired).map { JSONValue.string($0.name) }
        if !required.isEmpty { object["required"] = .array(required) }
        var properties = JSONObject()
        for field in fields {
            guard case .object(var property) = field.schema.document(&components) else { continue }
            property["description"] = .string(field.description)
            property["default"] = field.defaultValue
            if field.isReadOnly { property["readOnly"] = true }
            properties[field.name] = .object(property)
        }
        object["properties"] = .object(properties)
        object["additionalProperties"] = false
    }
}

extension Schema.Text {
    func describe(into object: inout JSONObject) {
        object["type"] = "string"
        object["enum"] = words.map { .array($0.map { .string($0) }) }
        object["format"] = format.map { .string($0) }
        object["pattern"] = pattern.map { .string($0) }
        if let length {
            if length.lowerBound > 0 { object["minLength"] = .integer(Int64(length.lowerBound)) }
            if length.upperBound != .max { object["maxLength"] = .integer(Int64(length.upperBound)) }
        }
    }
}
