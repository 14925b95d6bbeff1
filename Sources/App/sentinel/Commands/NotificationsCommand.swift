import Arguments
import Base

/// `sentinel notifications`.
enum NotificationsCommand {
    private enum State: String, CaseIterable, Sendable {
        case pending, delivered, dead
    }

    private static let path = "/api/v1/notifications"
    private static let id = ServerCommand.id("a notification")
    private static let state = Option<State>("state", .choice, isHidden: true, help: "The same as --status.")
    private static let status = Option<State>(
        "status",
        .choice,
        placeholder: "STATUS",
        help: "Only notifications in this state: pending, delivered, dead."
    )

    static let command = Command<CommandAction>(
        "notifications",
        summary: "Shows the notifications of a running server and sends them again.",
        subcommands: [list, show, resend]
    )

    private static let list = Command<CommandAction>(
        "list",
        summary: "Lists the notifications of a running server, newest first.",
        options: [ServerCommand.server.spec, status.spec, state.spec, ServerCommand.limit.spec] + ServerOutput.options
    ) { invocation, context in
        let query = [(name: "status", value: (invocation[status] ?? invocation[state])?.rawValue)]
        let count = invocation[ServerCommand.limit] ?? 100
        let format = try ServerOutput.format(invocation)
        return try ServerCommand.run(invocation, context) { client in
            let (found, hasMore) = try await client.list("notifications", path, query, limit: count)
            context.output(ServerOutput.list(found, format, none: "No notifications.", table: NotificationsTable.text))
            if hasMore { context.complain("sentinel: there are more; --limit shows them\n") }
            return .success
        }
    }

    private static let show = Command<CommandAction>(
        "show",
        summary: "Shows a notification with its tries.",
        options: [ServerCommand.server.spec] + ServerOutput.options,
        positionals: [id.spec]
    ) { invocation, context in
        guard let number = invocation[id].first else { throw UsageError.missingArgument(id.spec.name) }
        let format = try ServerOutput.format(invocation)
        return try ServerCommand.run(invocation, context) { client in
            context.output(ServerOutput.one(try await client.call("GET", "\(path)/\(number)"), format))
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
