package import Base

/// A flag of a command line that stands for settings without being named after one.
package struct FlagShorthand: Sendable {
    /// Without the dashes.
    package let name: String
    package let short: Character?
    /// The word for its value; nil for a flag without one.
    package let placeholder: String?
    /// Whether the value is better not seen on a command line: `@FILE` names the file that holds it.
    package let isSecret: Bool
    /// The environment variable that stands in where the flag is not given.
    package let variable: String?
    package let help: String
    /// The settings that a value stands for; throws `FieldFault` for a text that is no value.
    package let members: @Sendable (String) throws(FieldFault) -> JSONObject

    /// A flag by its name, without the dashes.
    ///
    /// `members` throws `FieldFault` for a text that is no value of the flag.
    package init(
        _ name: String,
        short: Character? = nil,
        placeholder: String? = nil,
        isSecret: Bool = false,
        variable: String? = nil,
        help: String,
        members: @escaping @Sendable (String) throws(FieldFault) -> JSONObject
    ) {
        self.name = name
        self.short = short
        self.placeholder = placeholder
        self.isSecret = isSecret
        self.variable = variable
        self.help = help
        self.members = members
    }
}
