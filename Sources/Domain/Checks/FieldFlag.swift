package import Base

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
    /// The values to choose from, for completion; empty where there are more.
    package let choices: [String]
    package let parse: @Sendable (String) -> JSONValue?

    init<Value>(name: String, short: Character?, _ type: FieldType<Value>) {
        self.name = name.split(separator: "_").joined(separator: "-")
        self.short = short
        placeholder = type.placeholder
        isRepeated = type.isRepeated
        isList = type.schema.isList
        isSwitch = type.placeholder.isEmpty
        isSecret = type.secrets != nil && !type.isRepeated
        choices = type.schema.choices
        parse = type.parse
    }
}

/// The flag of one setting, without the type of what has the setting.
package struct FlagDeclaration: Sendable {
    /// The setting's name.
    package let name: String
    package let about: String
    /// What people may give.
    package let schema: Schema
    package let flag: FieldFlag

    init<Root>(_ field: Field<Root>) {
        name = field.name
        about = field.about
        schema = field.schema
        flag = field.flag
    }
}

extension CheckKind {
    /// Whether people need not say what is checked.
    package static var needsNoTarget: Bool { !fields.contains(where: \.isRequired) }

    /// The flags of all settings but the target, which stands without a flag.
    package static var flags: [FlagDeclaration] {
        fields.filter { !$0.isRequired }.map { FlagDeclaration($0) }
    }
}
