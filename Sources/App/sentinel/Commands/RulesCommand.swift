import Arguments

/// `sentinel rules`.
enum RulesCommand {
    static let command = Command<CommandAction>(
        "rules",
        summary: "Tries settings and rules of alerting against the past of a running server.",
        subcommands: [RulesPreviewCommand.command]
    )
}
