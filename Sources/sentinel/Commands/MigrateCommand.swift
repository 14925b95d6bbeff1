import Arguments

/// `sentinel migrate`.
enum MigrateCommand {
    static let command = Command<CommandAction>(
        "migrate",
        summary: "Moves the database's schema.",
        subcommands: []
    )
}
