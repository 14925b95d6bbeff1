/// What a JSON value must look like: it checks request bodies and generates their OpenAPI schema.
package struct Schema: Sendable {
    /// A rule for a text beyond its length; returns nil when the text obeys it.
    package typealias TextRule = @Sendable (String) -> TextError?

    /// Why a text breaks its rule.
    package struct TextError: Sendable {
        package let type: String
        package let message: String

        package init(type: String, message: String) { (self.type, self.message) = (type, message) }
        /// An error of type `value_error`.
        package init(_ message: String) { self.init(type: "value_error", message: "Value error, \(message)") }
    }

    indirect enum Kind: Sendable {
        case any
        case boolean
        case integer(ClosedRange<Int64>?)
        case number(ClosedRange<Double>?)
        case string(Text)
        case array(Schema, minimumCount: Int, maximumCount: Int)
        /// An object with these members and no others.
        case object([Field])
        /// An object with any member names and values of one schema.
        case map(names: Text, Schema, maximumCount: Int)
        /// The first schema that fits counts; if none fits, the errors are those of the one whose type the value has.
        case either(Schema, Schema)
        /// One of several objects; a member holds the word that says which.
        case tagged(String, [(word: String, schema: Schema)], standard: String?)
        /// Any object; which of the schemas it must fit is known only later.
        case open([Schema])
    }

    /// The bounds of a text.
    struct Text: Sendable {
        /// Characters.
        var length: ClosedRange<Int>?
        var format: String?
        /// A regular expression for the document that approximates the rule; it is not applied.
        var pattern: String?
        /// The allowed values; nil allows any.
        var words: [String]?
        var rule: TextRule?
    }

    var kind: Kind
    /// The component's name in the OpenAPI document; nil to write the schema in place.
    var name: String?
    package internal(set) var isNullable = false
    package internal(set) var example: JSONValue?
    /// Exactly one of these members must be in a body; only for the document, the reader of the body checks it.
    var alternatives: [String] = []

    /// The same schema, with exactly one of these members.
    package func exactlyOne(of names: [String]) -> Schema {
        var schema = self
        schema.alternatives = names
        return schema
    }

    /// The same schema, or null.
    package var nullable: Schema {
        var schema = self
        schema.isNullable = true
        return schema
    }

    /// Whether its values are lists.
    package var isList: Bool { if case .array = kind { true } else { false } }

    /// The words of a value, or of a list's elements, where there are only a few; empty where there are more.
    package var choices: [String] {
        switch kind {
        case .string(let text): text.words ?? []
        case .array(let element, _, _): element.choices
        case .either(let first, let second): first.choices + second.choices
        default: []
        }
    }

    /// The same schema with an example for the document.
    package func example(_ value: JSONValue) -> Schema {
        var schema = self
        schema.example = value
        return schema
    }
}

extension Schema {
    /// A member of an object.
    package struct Field: Sendable {
        package let name: String
        package var schema: Schema
        package var isRequired: Bool
        package var defaultValue: JSONValue?
        package var isReadOnly = false
        package let description: String

        /// A required member.
        package static func required(_ name: String, _ schema: Schema, _ description: String) -> Field {
            Field(name: name, schema: schema, isRequired: true, description: description)
        }
        /// An optional member and its default.
        package static func optional(
            _ name: String,
            _ schema: Schema,
            default value: JSONValue? = nil,
            _ description: String
        ) -> Field {
            Field(name: name, schema: schema, isRequired: false, defaultValue: value, description: description)
        }

        /// The same member, optional and without a default.
        package var partial: Field {
            var field = self
            (field.isRequired, field.defaultValue) = (false, nil)
            return field
        }

        /// The same member in a response: always present.
        package var response: Field {
            var field = self
            (field.isRequired, field.defaultValue) = (true, nil)
            return field
        }

        /// The same member, set only by the server.
        package var readOnly: Field {
            var field = self
            (field.isRequired, field.isReadOnly) = (false, true)
            return field
        }
    }

    package static let any = Schema(kind: .any)
    package static let boolean = Schema(kind: .boolean)
    package static let timestamp = string(format: "date-time", example: "2026-11-20T05:09:37.382Z")

    package static func integer(_ range: ClosedRange<Int64>? = nil, example: Int64? = nil) -> Schema {
        Schema(kind: .integer(range), example: example.map { .integer($0) })
    }
    package static func number(_ range: ClosedRange<Double>? = nil, example: Double? = nil) -> Schema {
        Schema(kind: .number(range), example: example.map { .number($0) })
    }
    package static func string(
        length: ClosedRange<Int>? = nil,
        format: String? = nil,
        pattern: String? = nil,
        example: String? = nil,
        rule: TextRule? = nil
    ) -> Schema {
        let text = Text(length: length, format: format, pattern: pattern, rule: rule)
        return Schema(kind: .string(text), example: example.map { .string($0) })
    }
    package static func oneOf(_ words: [String]) -> Schema { Schema(kind: .string(Text(words: words))) }
    package static func array(_ element: Schema, minimumCount: Int = 0, maximumCount: Int = .max) -> Schema {
        Schema(kind: .array(element, minimumCount: minimumCount, maximumCount: maximumCount))
    }
    package static func object(_ name: String? = nil, _ fields: [Field]) -> Schema {
        Schema(kind: .object(fields), name: name)
    }
    package static func map(
        of value: Schema,
        maximumCount: Int,
        names rule: @escaping TextRule
    ) -> Schema {
        Schema(kind: .map(names: Text(rule: rule), value, maximumCount: maximumCount))
    }
    package static func either(_ first: Schema, _ second: Schema) -> Schema { Schema(kind: .either(first, second)) }

    /// One of several objects, told apart by the value of a member.
    ///
    /// An object without that member is read as the `standard` one, if there is one.
    package static func tagged(
        _ member: String,
        _ schemas: [(word: String, schema: Schema)],
        standard: String? = nil
    ) -> Schema {
        Schema(kind: .tagged(member, schemas, standard: standard))
    }

    /// An object that must fit one of the schemas; its reader knows which one and checks it.
    package static func open(_ schemas: [Schema]) -> Schema { Schema(kind: .open(schemas)) }
}
