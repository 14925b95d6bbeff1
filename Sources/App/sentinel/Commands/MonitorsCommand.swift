import Arguments

/// `sentinel monitors`.
enum MonitorsCommand {
    static let server = ServerCommand.server
    static let json = ServerCommand.json

    static let command = Command<CommandAction>(
        "monitors",
        summary: "Lists, adds and removes the monitors of a running server.",
        subcommands: [MonitorsListCommand.command, MonitorsAddCommand.command, MonitorsRemoveCommand.command]
    )

    /// Runs a command's work with the server that the command line or `SENTINEL_URL` names.
    static func run(
        _ invocation: Invocation,
        _ context: CommandContext,
        _ body: @escaping @Sendable (MonitorsAPI) async throws -> ExitCode
    ) throws -> Execution {
        try ServerCommand.run(invocation, context) { client in try await body(MonitorsAPI(client)) }
    }
}
