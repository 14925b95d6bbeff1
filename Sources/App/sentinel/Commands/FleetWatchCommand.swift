import Arguments
import Base
import Glibc

/// `sentinel fleet watch`.
enum FleetWatchCommand {
    private static let once = Flag("once", help: "Show it once, and end; always so when the output is no terminal.")
    private static let interval = Option<Duration>(
        "interval",
        .duration(.milliseconds(500)...(.seconds(60))),
        help: "How often to refresh it (default: 2s)."
    )
    private static let tasks = Option<Int>(
        "tasks",
        .integer(0...200),
        help: "How many of the newest requested checks to show (default: 5)."
    )

    static let command = Command<CommandAction>(
        "watch",
        summary: "Shows processes, queues and requested checks, and refreshes them until Ctrl-C.",
        options: [
            ServerCommand.server.spec, once.spec, interval.spec, tasks.spec, ServerCommand.json.spec,
        ]
    ) { invocation, context in
        let isJSON = invocation[ServerCommand.json]
        let isLive = !isJSON && !invocation[once] && isatty(STDOUT_FILENO) == 1
        let (pause, count) = (invocation[interval] ?? .seconds(2), invocation[tasks] ?? 5)
        return try ServerCommand.run(invocation, context) { client in
            let fleet = try await read(client, tasks: count)
            guard isLive else {
                context.output(isJSON ? "\(fleet)\n" : FleetTable.text(fleet))
                return .success
            }
            var text = FleetTable.text(fleet)
            while true {
                show(text, context)
                try await Task.sleep(for: pause)
                do { text = FleetTable.text(try await read(client, tasks: count)) } catch {
                    text = "sentinel: \(error)\n"
                }
            }
        }
    }

    private static func read(_ client: ServerClient, tasks count: Int) async throws -> JSONValue {
        let path = FleetCommands.path
        let workers = try await client.list("processes", "\(path)/workers", limit: 5000).items
        let queues = try await client.call("GET", "\(path)/queues")
        let tasks = count == 0 ? .array([]) : try await client.call("GET", "\(path)/tasks?limit=\(count)")
        return ["workers": .array(workers), "queues": queues, "tasks": tasks]
    }

    /// Replaces what the terminal shows.
    private static func show(_ text: String, _ context: CommandContext) {
        let width = context.style.width
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map { String($0.prefix(width)) }
        context.output("\u{1B}[H\u{1B}[2J" + lines.joined(separator: "\n"))
    }
}
