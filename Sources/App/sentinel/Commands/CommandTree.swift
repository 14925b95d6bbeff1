import Arguments
import Base
import Runtime

/// The action of a command, called with its parsed arguments.
typealias CommandAction = @Sendable (Invocation, CommandContext) throws -> Execution

/// How a command continues after its synchronous part.
enum Execution: Sendable {
    /// It has finished.
    case exit(ExitCode)
    /// It continues; a termination signal ends it at once.
    case task(@Sendable () async throws -> ExitCode)
    /// It runs until the first termination signal, which shuts it down gracefully; when it still runs after the limit,
    /// it is ended.
    case service(Duration, @Sendable (GracefulShutdown) async throws -> ExitCode)
}

/// The exit codes of every command.
package enum ExitCode: Int32, Sendable {
    case success = 0
    /// Also for a check that found its target down.
    case failure = 1
    case usage = 2
    /// A service or a connection did not end in time when the process was stopped.
    case unfinished = 3
}

/// A failed command, with its message.
struct CommandError: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}

/// All commands of the program.
package enum CommandTree {
    static let root: Command<CommandAction> = Command(
        "sentinel",
        summary: "Watches services from the outside: on schedule, phase by phase.",
        subcommands: [ServeCommand.command] + RoleCommands.all + [
            CheckCommand.command,
            MonitorsCommand.command,
            IncidentsCommand.command,
            SilencesCommand.command,
            ResourceGroups.maintenance,
            RulesCommand.command,
            ResourceGroups.servers,
            ChannelsCommand.command,
            ResourceGroups.policies,
            NotificationsCommand.command,
            NotifyCommand.command,
            FleetCommands.command,
            MigrateCommand.command,
            CopyCommand.command,
            ConfigCommand.command,
            CompletionCommand.command,
            VersionCommand.command,
            ReferenceCommand.command.hidden,
        ]
    )
}
