import Arguments
import Base

/// `sentinel monitors`.
enum MonitorsCommand {
    static let server = ServerCommand.server
    static let json = ServerCommand.json

    static let command = Command<CommandAction>(
        "monitors",
        summary: "Shows, adds, changes and removes the monitors of a running server.",
        subcommands: [
            MonitorsListCommand.command, commands.show, MonitorsAddCommand.command, MonitorsEditCommand.command, pause,
            resume,
            MonitorsHistoryCommand.command, commands.remove,
        ]
    )

    private static let commands = ResourceCommands(.monitors)
    private static let pause = commands.change(
        "pause",
        summary: "Stops checking a monitor, and keeps it.",
        done: "Paused",
        ["enabled": false]
    )
    private static let resume = commands.change(
        "resume",
        summary: "Checks a paused monitor again.",
        done: "Resumed",
        ["enabled": true]
    )

    /// Runs a command's work with the server given by the command line or `SENTINEL_URL`.
    static func run(
        _ invocation: Invocation,
        _ context: CommandContext,
        _ body: @escaping @Sendable (MonitorsAPI) async throws -> ExitCode
    ) throws -> Execution {
        try ServerCommand.run(invocation, context) { client in try await body(MonitorsAPI(client)) }
    }
}
