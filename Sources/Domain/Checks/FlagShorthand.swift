package import Base

/// A command-line flag that sets one or more settings without being named after them.
package struct FlagShorthand: Sendable {
    /// Without the dashes.
    package let name: String
    package let short: Character?
    /// The placeholder for its value; nil for a flag without one.
    package let placeholder: String?
    /// Whether the value should not be visible on a command line: `@FILE` names a file that contains it.
    package let isSecret: Bool
    /// The environment variable that is used when the flag is not given.
    package let variable: String?
    package let help: String
    /// The settings for a value; throws `FieldValueError` for an invalid text.
    package let members: @Sendable (String) throws(FieldValueError) -> JSONObject

    /// A flag by its name, without the dashes.
    ///
    /// `members` throws `FieldValueError` for an invalid text.
    package init(
        _ name: String,
        short: Character? = nil,
        placeholder: String? = nil,
        isSecret: Bool = false,
        variable: String? = nil,
        help: String,
        members: @escaping @Sendable (String) throws(FieldValueError) -> JSONObject
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
