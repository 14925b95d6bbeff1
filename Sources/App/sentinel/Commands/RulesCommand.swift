import Arguments

/// `sentinel rules`.
enum RulesCommand {
    static let command = Command<CommandAction>(
        "rules",
        summary: "Shows and changes alert rules, and tries them against the past.",
        subcommands: [
            commands.list, commands.show, commands.add, commands.edit, commands.remove, RulesPreviewCommand.command,
        ]
    )

    private static let commands = ResourceCommands(.rules)
}
