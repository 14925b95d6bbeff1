/// One command of a program: its options, its arguments and its action, or its subcommands.
///
/// `Action` is what the program runs; the parser returns it and never runs it.
package struct Command<Action: Sendable>: Sendable {
    package let name: String
    /// Other names that the parser accepts; help and completion do not show them.
    package let synonyms: [String]
    /// One sentence for lists of commands.
    package let summary: String
    /// Further paragraphs for the command's own help; may be empty.
    package let discussion: String
    package let options: [OptionSpec]
    /// Only the last one may take a varying number of arguments.
    package let positionals: [PositionalSpec]
    package let subcommands: [Command]
    /// Whether help and completion leave it out: a tool for those who work on the program.
    package private(set) var isHidden = false
    /// The subcommand that a group stands for without further words; nil when it asks for one.
    package private(set) var standard: String?
    /// nil for a group of subcommands.
    package let action: Action?

    /// A command with an action.
    package init(
        _ name: String,
        synonyms: [String] = [],
        summary: String,
        discussion: String = "",
        options: [OptionSpec] = [],
        positionals: [PositionalSpec] = [],
        action: Action
    ) {
        (self.name, self.synonyms, self.summary, self.discussion) = (name, synonyms, summary, discussion)
        (self.options, self.positionals) = (options, positionals)
        (self.subcommands, self.action) = ([], action)
    }

    /// A group of subcommands.
    package init(
        _ name: String,
        synonyms: [String] = [],
        summary: String,
        discussion: String = "",
        subcommands: [Command],
        standard: String? = nil
    ) {
        (self.name, self.synonyms, self.summary, self.discussion) = (name, synonyms, summary, discussion)
        (self.options, self.positionals) = ([], [])
        (self.subcommands, self.action, self.standard) = (subcommands, nil, standard)
    }

    /// The same command, left out of help and completion.
    package var hidden: Command {
        var command = self
        command.isHidden = true
        return command
    }

    /// The subcommands that help and completion show.
    var shown: [Command] { subcommands.filter { !$0.isHidden } }

    /// The first option with that name among the commands below this one.
    func optionBelow(named name: String) -> OptionSpec? {
        for command in subcommands {
            let found = command.options.first { $0.name == name } ?? command.optionBelow(named: name)
            if let found { return found }
        }
        return nil
    }
}
