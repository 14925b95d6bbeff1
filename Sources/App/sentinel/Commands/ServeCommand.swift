import Arguments
import Base
import Glibc
import Runtime

/// `sentinel serve`.
enum ServeCommand {
    static let command = Command<CommandAction>(
        "serve",
        summary: "Runs the whole system: API, scheduler, checks and store.",
        discussion: "SIGTERM and SIGINT stop it gracefully, a second one at once. "
            + "See 'sentinel config' for the settings in force.",
        options: SettingOptions.options()
    ) { invocation, context in
        try execution(invocation, context) { settings, logger, shutdown in
            try await Composition.serve(settings, logger: logger, until: shutdown)
        }
    }

    /// Runs a service with the settings of its flags and environment; says why when they are refused.
    static func execution(
        _ invocation: Invocation,
        _ context: CommandContext,
        role: Role? = nil,
        run: @escaping @Sendable (Settings, Logger, GracefulShutdown) async throws -> ExitCode
    ) throws -> Execution {
        let configuration = try SettingOptions.loader(invocation, context.environment).load()
        let settings = Settings(configuration)
        let refusals = settings.refusals + (role.map { settings.refusals(for: $0) } ?? [])
        for refusal in refusals { context.complain("sentinel: \(refusal)\n") }
        guard refusals.isEmpty else { return .exit(.usage) }
        let logger = logger(settings)
        for warning in configuration.warnings { logger.warning("\(warning)") }
        // What ends in order takes less; this is for a process that does not get so far.
        let limit = settings.shutdownTimeout + Composition.grace * 3
        return .service(limit) { shutdown in try await run(settings, logger, shutdown) }
    }

    private static func logger(_ settings: Settings) -> Logger {
        let format: StreamLogHandler.Format =
            switch settings.logFormat {
            case .text: .text
            case .json: .json
            case .auto: isatty(STDERR_FILENO) == 1 ? .text : .json
            }
        return Logger(label: "sentinel", level: settings.logLevel, handler: StreamLogHandler(format: format))
    }
}
