import Arguments
import Base
import HTTPClient
import Runtime

/// The shared parts of commands that use a running server.
enum ServerCommand {
    static let server = Option<String>(
        "server",
        .serverURL,
        help: "The server to talk to; also from SENTINEL_URL (default: http://127.0.0.1:8000)."
    )
    static let json = Flag("json", help: "Print the server's JSON.")
    static let limit = Option<Int>("limit", .integer(1...1_000_000), help: "At most so many (default: 100).")
    static let author = Option<String>(
        "author",
        .text("NAME", length: 1...100),
        help: "Who you are; also from USER."
    )

    /// The id argument of a command such as `show`.
    static func id(_ what: String) -> Positional<Int> {
        Positional<Int>("ID", .integer(1...Int.max, "ID"), help: "Number of \(what).")
    }

    /// The author given by the command line or the environment; null when there is none.
    static func author(_ invocation: Invocation, _ context: CommandContext) -> JSONValue {
        (invocation[author] ?? context.variable("USER")).map { .string($0) } ?? .null
    }

    /// Runs a command's work with the server given by the command line or `SENTINEL_URL`.
    static func run(
        _ invocation: Invocation,
        _ context: CommandContext,
        _ body: @escaping @Sendable (ServerClient) async throws -> ExitCode
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
            do throws(Errno) { loop = try EventLoop(name: "client") } catch { throw CommandError("\(error)") }
            let client = HTTPClient(loop: loop)
            return try await body(
                ServerClient(server: target) { request throws(HTTPClientError) in try await client.send(request) }
            )
        }
    }
}
