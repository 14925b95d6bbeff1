/// One command of a program: its options and arguments and what it does, or its subcommands.
///
/// `Action` is whatever the program runs; the parser hands it back and never runs it.
package struct Command<Action: Sendable>: Sendable {
    package let name: String
    /// One sentence, for lists of commands.
    package let summary: String
    /// More words for the command's own help, in paragraphs; empty for none.
    package let discussion: String
    package let options: [OptionSpec]
    /// Only the last may take a varying number of arguments.
    package let positionals: [PositionalSpec]
    package let subcommands: [Command]
    /// nil for a group of subcommands.
    package let action: Action?

    /// A command that does something.
    package init(
        _ name: String,
        summary: String,
        discussion: String = "",
        options: [OptionSpec] = [],
        positionals: [PositionalSpec] = [],
        action: Action
    ) {
        (self.name, self.summary, self.discussion) = (name, summary, discussion)
        (self.options, self.positionals) = (options, positionals)
        (self.subcommands, self.action) = ([], action)
    }

    /// A group of commands.
    package init(_ name: String, summary: String, discussion: String = "", subcommands: [Command]) {
        (self.name, self.summary, self.discussion) = (name, summary, discussion)
        (self.options, self.positionals) = ([], [])
        (self.subcommands, self.action) = (subcommands, nil)
    }
}
