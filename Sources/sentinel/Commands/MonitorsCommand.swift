import Arguments
import Base
import HTTPClient
import Runtime

/// `sentinel monitors`.
enum MonitorsCommand {
    static let server = Option<String>(
        "server",
        .serverURL,
        help: "The server to talk to; also from SENTINEL_URL (default: http://127.0.0.1:8000)."
    )
    static let json = Flag("json", help: "Print the server's JSON.")

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
        var address = invocation[server] ?? "http://127.0.0.1:8000"
        if invocation[server] == nil, let text = context.variable("SENTINEL_URL") {
            let reader = ValueReader.serverURL
            guard let url = reader.read(text) else {
                throw UsageError.invalidValue(name: "SENTINEL_URL", found: text, expected: reader.expected)
            }
            address = url
        }
        let target = address
        return .task {
            let loop: EventLoop
            do throws(Errno) { loop = try EventLoop(name: "client") } catch { throw CommandFailure("\(error)") }
            let client = HTTPClient(loop: loop)
            let api = MonitorsAPI(server: target) { request throws(HTTPClientError) in try await client.send(request) }
            return try await body(api)
        }
    }
}
