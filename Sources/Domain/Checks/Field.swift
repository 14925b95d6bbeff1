package import Base

/// One setting of a `Root`: its name, its place, its type, its default, and what people are told of it.
///
/// The only place where a setting is declared. Everything else reads this table: the API's schema, reader and answer,
/// the codec of the store and of messages, masking, flags, the reference page.
package struct Field<Root: Sendable>: Sendable {
    package let name: String
    /// One sentence for people, in the API's description, in help and in the reference.
    package let about: String
    package let schema: Schema
    /// Whether there is no default: people must give it.
    package let isRequired: Bool
    /// What holds when people say nothing.
    package let standard: JSONValue
    /// How it is given on a command line.
    package let flag: FieldFlag
    /// Whether its values may hold secrets.
    package let mayBeSecret: Bool
    /// Whether its values name files on the server.
    package let namesServerFile: Bool
    package let isStandard: @Sendable (Root) -> Bool
    /// With secrets in clear, for the store and for messages.
    package let write: @Sendable (Root) -> JSONValue
    /// With secrets masked, for people.
    package let mask: @Sendable (Root) -> JSONValue
    package let holdsSecret: @Sendable (Root) -> Bool
    /// Sets a value that the schema let pass; a secret that was sent back masked is taken from `stored`.
    package let set: @Sendable (_ value: JSONValue, _ root: inout Root, _ stored: Root?) throws(FieldFault) -> Void

    package init<Value>(
        _ name: String,
        _ path: any WritableKeyPath<Root, Value> & Sendable,
        _ type: FieldType<Value>,
        default standard: Value,
        isRequired: Bool = false,
        flag: String? = nil,
        short: Character? = nil,
        _ about: String
    ) {
        self.name = name
        self.about = about
        self.isRequired = isRequired
        schema = type.schema
        self.standard = type.write(standard)
        self.flag = FieldFlag(name: flag ?? name, short: short, type)
        mayBeSecret = type.secrets != nil
        namesServerFile = type.namesServerFile
        isStandard = { $0[keyPath: path] == standard }
        write = { type.write($0[keyPath: path]) }
        let secrets = type.secrets
        mask = { root in secrets?.mask(root[keyPath: path]) ?? type.write(root[keyPath: path]) }
        holdsSecret = { root in secrets?.isHeld(root[keyPath: path]) ?? false }
        set = { (value, root: inout Root, stored) throws(FieldFault) in
            guard var read = type.read(value) else { throw FieldFault("has a value that does not fit") }
            if let secrets { read = try secrets.restore(read, stored?[keyPath: path]) }
            root[keyPath: path] = read
        }
    }

    /// The member of the API's schema.
    package var member: Schema.Field {
        isRequired ? .required(name, schema, about) : .optional(name, schema, default: standard, about)
    }
}

/// Which setting is wrong, and why; the same words in an API answer, on a terminal and for a stored row.
package struct FieldError: Error, Sendable, Equatable {
    package let field: String
    package let fault: FieldFault
    package init(field: String, _ fault: FieldFault) {
        self.field = field
        self.fault = fault
    }
    package init(field: String, reason: String) { self.init(field: field, FieldFault(reason)) }
}

extension FieldError: CustomStringConvertible {
    package var description: String { "\(field) \(fault.reason)" }
}

/// How a setting is given on a command line.
package struct FieldFlag: Sendable {
    /// Without the dashes: `connect-timeout`.
    package let name: String
    package let short: Character?
    package let placeholder: String
    package let isRepeated: Bool
    /// Whether each of several values is an element of a list; else it is a member of an object.
    package let isList: Bool
    /// Whether it stands without a value: `--name`, `--no-name`.
    package let isSwitch: Bool
    /// Whether the value is better not seen on a command line: `@FILE` names the file that holds it.
    package let isSecret: Bool
    package let parse: @Sendable (String) -> JSONValue?

    init<Value>(name: String, short: Character?, _ type: FieldType<Value>) {
        self.name = name.split(separator: "_").joined(separator: "-")
        self.short = short
        placeholder = type.placeholder
        isRepeated = type.isRepeated
        isList = type.schema.isList
        isSwitch = type.placeholder.isEmpty
        isSecret = type.secrets != nil && !type.isRepeated
        parse = type.parse
    }
}

/// The flag of one setting, without the type of what has the setting.
package struct FlagDeclaration: Sendable {
    /// The setting's name.
    package let name: String
    package let about: String
    package let flag: FieldFlag
}

extension CheckKind {
    /// Whether people need not say what is checked.
    package static var needsNoTarget: Bool { !fields.contains(where: \.isRequired) }

    /// The flags of all settings but the target, which stands without a flag.
    package static var flags: [FlagDeclaration] {
        fields.filter { !$0.isRequired }.map { FlagDeclaration(name: $0.name, about: $0.about, flag: $0.flag) }
    }
}
