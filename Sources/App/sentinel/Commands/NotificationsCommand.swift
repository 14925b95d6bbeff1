import Arguments
import Base

/// `sentinel notifications`.
enum NotificationsCommand {
    private enum State: String, CaseIterable, Sendable {
        case pending, delivered, dead
    }

    private static let path = "/api/v1/notifications"
    private static let id = ServerCommand.id("a notification")
    private static let state = Option<State>(
        "state",
        .choice,
        placeholder: "STATE",
        help: "Only notifications in this state: pending, delivered, dead."
    )

    static let command = Command<CommandAction>(
        "notifications",
        summary: "Shows the notifications of a running server and sends them again.",
        subcommands: [list, resend]
    )

    private static let list = Command<CommandAction>(
        "list",
        summary: "Lists the notifications of a running server, newest first.",
        options: [ServerCommand.server.spec, state.spec, ServerCommand.limit.spec, ServerCommand.json.spec]
    ) { invocation, context in
        let query = [(name: "state", value: invocation[state]?.rawValue)]
        let count = invocation[ServerCommand.limit] ?? 100
        let showsJSON = invocation[ServerCommand.json]
        return try ServerCommand.run(invocation, context) { client in
            let (found, hasMore) = try await client.list("notifications", path, query, limit: count)
            context.output(showsJSON ? "\(JSONValue.array(found))\n" : NotificationsTable.text(found))
            if hasMore { context.complain("sentinel: there are more; --limit shows them\n") }
            return .success
        }
    }

    private static let resend = Command<CommandAction>(
        "resend",
        summary: "Sends a notification that was given up again.",
        options: [ServerCommand.server.spec],
        positionals: [id.spec]
    ) { invocation, context in
        guard let number = invocation[id].first else { throw UsageError.missingArgument(id.spec.name) }
        return try ServerCommand.run(invocation, context) { client in
            try await client.call("POST", "\(path)/\(number)/resend")
            context.output("Sending notification \(number) again\n")
            return .success
        }
    }
}
