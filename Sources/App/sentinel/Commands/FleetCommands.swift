import Arguments
import Base

/// `sentinel fleet`.
enum FleetCommands {
    static let path = "/api/v1/fleet"

    static let command = Command<CommandAction>(
        "fleet",
        summary: "Shows the processes of a running installation and what waits between them, and steers workers.",
        discussion: "Without a further word it is 'sentinel fleet watch'.",
        subcommands: [
            FleetWatchCommand.command,
            act("pause", "Has a worker take no more jobs; those that it has taken are finished."),
            act("resume", "Has a paused worker take jobs again."),
            act("drain", "Has a process finish its work, hand over the rest, and end."), resize,
        ],
        standard: "watch"
    )

    private static let id = Positional<String>(
        "ID",
        .text("ID", length: 1...300),
        help: "The process, as 'sentinel fleet' names it."
    )
    private static let count = Positional<Int>(
        "N",
        .integer(1...1_000_000),
        help: "How many checks may run at once."
    )

    private static func act(_ name: String, _ summary: String) -> Command<CommandAction> {
        Command(name, summary: summary, options: [ServerCommand.server.spec], positionals: [id.spec]) {
            invocation,
            context in
            guard let id = invocation[id].first else { throw UsageError.missingArgument(id.spec.name) }
            return try ServerCommand.run(invocation, context) { client in
                let place = "\(path)/workers/\(ServerClient.encoded(id))"
                return try await follow(try await client.call("POST", "\(place)/\(name)"), place, id, client, context)
            }
        }
    }

    private static let resize = Command<CommandAction>(
        "resize",
        summary: "Changes how many checks a worker runs at once, until it ends.",
        options: [ServerCommand.server.spec],
        positionals: [id.spec, count.spec]
    ) { invocation, context in
        guard let id = invocation[id].first else { throw UsageError.missingArgument(id.spec.name) }
        guard let count = invocation[count].first else { throw UsageError.missingArgument(count.spec.name) }
        return try ServerCommand.run(invocation, context) { client in
            let place = "\(path)/workers/\(ServerClient.encoded(id))"
            let body: JSONValue = ["concurrency": .integer(Int64(count))]
            return try await follow(try await client.call("PATCH", place, body), place, id, client, context)
        }
    }

    /// Waits until the process has taken a command, ten seconds at most, and says what became of it.
    private static func follow(
        _ command: JSONValue,
        _ place: String,
        _ id: String,
        _ client: ServerClient,
        _ context: CommandContext
    ) async throws -> ExitCode {
        let action = command["action"]?.stringValue ?? "command"
        for _ in 0..<50 {
            guard let worker = await state(place, client) else { break }
            let known = worker["commands"]?.arrayValue ?? []
            let found = known.first { $0["id"] == command["id"] }
            switch found?["state"]?.stringValue {
            case "refused"?:
                let detail = TerminalStyle.printable(found?["detail"]?.stringValue ?? "")
                context.complain("sentinel: \(TerminalStyle.printable(id)) refuses: \(detail)\n")
                return .failure
            case "pending"?: break
            // Done, or followed by another one.
            default:
                context.output("\(TerminalStyle.printable(id)) has taken it: \(action)\n")
                return .success
            }
            try await Task.sleep(for: .milliseconds(200))
        }
        if action == "drain", await state(place, client) == nil {
            context.output("\(TerminalStyle.printable(id)) has ended\n")
            return .success
        }
        context.complain("sentinel: \(TerminalStyle.printable(id)) has not taken it yet; it waits for a minute\n")
        return .failure
    }

    /// The process; nil when it has ended.
    private static func state(_ place: String, _ client: ServerClient) async -> JSONValue? {
        try? await client.call("GET", place)
    }
}
