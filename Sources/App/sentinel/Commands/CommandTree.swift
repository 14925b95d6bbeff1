import Arguments
import Base
import Runtime

/// What a command does, after its words are understood.
typealias CommandAction = @Sendable (Invocation, CommandContext) throws -> Execution

/// How a command goes on after its synchronous part.
enum Execution: Sendable {
    /// It is done.
    case exit(ExitCode)
    /// It goes on; a termination signal ends it at once.
    case task(@Sendable () async throws -> ExitCode)
    /// It runs until asked to stop; the first termination signal asks.
    case service(@Sendable (GracefulShutdown) async throws -> ExitCode)
}

/// The exit codes of every command.
package enum ExitCode: Int32, Sendable {
    case success = 0
    /// Also of a check that found its target down.
    case failure = 1
    case usage = 2
}

/// A command that failed, with what to tell people.
struct CommandFailure: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}

/// All commands of the program.
package enum CommandTree {
    static let root: Command<CommandAction> = Command(
        "sentinel",
        summary: "Watches services from the outside: on schedule, phase by phase.",
        subcommands: [
            ServeCommand.command,
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
            MigrateCommand.command,
            ConfigCommand.command,
            CompletionCommand.command,
            VersionCommand.command,
        ]
    )
}
