import Arguments
import Base
import Glibc
import Runtime

/// The program: `sentinel <command>`.
@main
enum Main {
    static func main() {
        Heap.configure()
        Signals.prepare()
        let context = CommandContext(environment: ProcessEnvironment.read())
        switch start(Array(CommandLine.arguments.dropFirst()), context) {
        case .exit(let code): leave(code)
        case .task(let body):
            Task.detached { leave(await finish(body, context)) }
            // Exit codes as shells report signals: 130 for SIGINT, 143 for SIGTERM.
            Signals.await { _exit(128 + $0) }
        case .service(let limit, let body):
            let shutdown = GracefulShutdown()
            Task.detached { leave(await finish({ try await body(shutdown) }, context)) }
            Signals.await(first: { _ in shutdown.trigger() }, within: limit) {
                context.complain(
                    "sentinel: the process is ended \(limit.text) after it was asked to: \(shutdown.waitsFor)\n"
                )
                _exit(ExitCode.unfinished.rawValue)
            }
        }
    }

    /// Ends the process at once: `exit` would unload libraries while threads still use them.
    private static func leave(_ code: ExitCode) -> Never {
        fflush(nil)
        _exit(code.rawValue)
    }

    /// Parses the command line and starts the command.
    private static func start(_ words: [String], _ context: CommandContext) -> Execution {
        do {
            let words = ["--version", "-V"].contains(words.first ?? "") ? ["version"] : words
            switch try CommandParser(CommandTree.root).parse(words) {
            case .help(let text):
                context.output(text)
                return .exit(.success)
            case .run(let action, let invocation):
                do throws(UsageError) {
                    return try start(action, invocation, context)
                } catch {
                    throw CommandUsageError(error, in: invocation.path)
                }
            }
        } catch let failure as CommandUsageError {
            let name = failure.path.joined(separator: " ")
            context.complain("\(name): \(failure.error)\nTry '\(name) --help'.\n")
            return .exit(.usage)
        } catch {
            context.complain("sentinel: \(error)\n")
            return .exit(.failure)
        }
    }

    /// Runs the synchronous part of a command.
    private static func start(
        _ action: CommandAction,
        _ invocation: Invocation,
        _ context: CommandContext
    ) throws(UsageError) -> Execution {
        do {
            return try action(invocation, context)
        } catch let error as UsageError {
            throw error
        } catch let error as ConfigurationError {
            for problem in error.problems { context.complain("sentinel: \(problem)\n") }
            return .exit(.usage)
        } catch {
            context.complain("sentinel: \(error)\n")
            return .exit(.failure)
        }
    }

    private static func finish(_ body: () async throws -> ExitCode, _ context: CommandContext) async -> ExitCode {
        do {
            return try await body()
        } catch {
            context.complain("sentinel: \(error)\n")
            return (error as? ServerClient.RequestError)?.isInvalidValue ?? false ? .usage : .failure
        }
    }
}
