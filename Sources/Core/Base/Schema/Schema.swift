/// What a JSON value must look like: it checks request bodies and describes itself in the OpenAPI document.
package struct Schema: Sendable {
    /// A rule that a text must obey beyond its length; nil means it does.
    package typealias TextRule = @Sendable (String) -> TextFault?

    /// Why a text breaks its rule.
    package struct TextFault: Sendable {
        package let type: String
        package let message: String

        package init(type: String, message: String) { (self.type, self.message) = (type, message) }
        /// A `value_error`.
        package init(_ message: String) { self.init(type: "value_error", message: "Value error, \(message)") }
    }

    indirect enum Kind: Sendable {
        case any
        case boolean
        case integer(ClosedRange<Int64>?)
        case number(ClosedRange<Double>?)
        case string(Text)
        case array(Schema, minimumCount: Int, maximumCount: Int)
        /// Members are checked, others are refused.
        case object([Field])
        /// Any member names, one kind of value.
        case map(names: Text, Schema, maximumCount: Int)
        /// The first that fits counts; the faults of the last are told.
        case either(Schema, Schema)
        /// Which object it is stands in one of its members.
        case tagged(String, [(word: String, schema: Schema)], standard: String?)
        /// Any object here; which of the schemas it must fit is known only later.
        case open([Schema])
    }

    /// The bounds of a text.
    struct Text: Sendable {
        /// Characters.
        var length: ClosedRange<Int>?
        var format: String?
        /// A regular expression for the document that says as much of the rule as it can; it is not applied.
        var pattern: String?
        /// Every value that is allowed; nil means any.
        var words: [String]?
        var rule: TextRule?
    }

    var kind: Kind
    /// The component's name in the OpenAPI document; nil stands in place.
    var name: String?
    var isNullable = false
    var example: JSONValue?
    /// Members of an object of which a body has exactly one, for the document; checked by whoever reads the body.
    var alternatives: [String] = []

    /// The same, with exactly one of these members.
    package func exactlyOne(of names: String...) -> Schema {
        var schema = self
        schema.alternatives = names
        return schema
    }

    /// The same, or null.
    package var nullable: Schema {
        var schema = self
        schema.isNullable = true
        return schema
    }

    /// Whether its values are lists.
    package var isList: Bool { if case .array = kind { true } else { false } }

    /// The same with an example for the document.
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

        /// A member that must be there.
        package static func required(_ name: String, _ schema: Schema, _ description: String) -> Field {
            Field(name: name, schema: schema, isRequired: true, description: description)
        }
        /// A member that may be missing, and what that means.
        package static func optional(
            _ name: String,
            _ schema: Schema,
            default value: JSONValue? = nil,
            _ description: String
        ) -> Field {
            Field(name: name, schema: schema, isRequired: false, defaultValue: value, description: description)
        }

        /// The same member, not demanded and without a default.
        package var partial: Field {
            var field = self
            (field.isRequired, field.defaultValue) = (false, nil)
            return field
        }

        /// The same member as the server sends it: always there.
        package var response: Field {
            var field = self
            (field.isRequired, field.defaultValue) = (true, nil)
            return field
        }

        /// The same member, which only the server sets.
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

    /// Objects that a member tells apart; each of them has that member.
    ///
    /// An object without that member is read as the `standard` one, where there is one.
    package static func tagged(
        _ member: String,
        _ schemas: [(word: String, schema: Schema)],
        standard: String? = nil
    ) -> Schema {
        Schema(kind: .tagged(member, schemas, standard: standard))
    }

    /// An object that must fit one of the schemas; whoever reads it knows which, and checks that.
    package static func open(_ schemas: [Schema]) -> Schema { Schema(kind: .open(schemas)) }
}
