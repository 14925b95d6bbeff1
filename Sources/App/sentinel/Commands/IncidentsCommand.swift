import Arguments
import Base

/// `sentinel incidents`.
enum IncidentsCommand {
    static let path = "/api/v1/incidents"
    static let id = ServerCommand.id("an incident")

    static let command = Command<CommandAction>(
        "incidents",
        summary: "Shows incidents of a running server and says what is done about them.",
        subcommands: [
            IncidentsListCommand.command, IncidentsShowCommand.command, acknowledge, comment, resolve,
        ]
    )

    private static let words = Option<String>(
        "comment",
        .anyText("TEXT", maximum: 16_000),
        help: "What to say about it in the timeline."
    )
    private static let text = Positional<String>(
        "TEXT",
        .anyText("TEXT", maximum: 16_000),
        help: "What to add to the timeline."
    )

    private static let acknowledge = Command<CommandAction>(
        "ack",
        synonyms: ["acknowledge"],
        summary: "Says that somebody sees to an incident; no reminders from then on.",
        options: [ServerCommand.server.spec, words.spec, ServerCommand.author.spec],
        positionals: [id.spec]
    ) { invocation, context in
        try act(invocation, context, "acknowledge", "Acknowledged", JSONObject([("comment", comment(invocation))]))
    }

    private static let resolve = Command<CommandAction>(
        "resolve",
        summary: "Ends an incident that does not end by itself.",
        discussion: "A monitor's incident ends when the monitor is up again, or is paused.",
        options: [ServerCommand.server.spec, words.spec, ServerCommand.author.spec],
        positionals: [id.spec]
    ) { invocation, context in
        try act(invocation, context, "resolve", "Resolved", JSONObject([("comment", comment(invocation))]))
    }

    private static let comment = Command<CommandAction>(
        "comment",
        summary: "Adds a line to an incident's timeline.",
        options: [ServerCommand.server.spec, ServerCommand.author.spec],
        positionals: [id.spec, text.spec]
    ) { invocation, context in
        guard let words = invocation[text].first else { throw UsageError.missingArgument(text.spec.name) }
        return try act(invocation, context, "comment", "Commented on", JSONObject([("text", .string(words))]))
    }

    private static func comment(_ invocation: Invocation) -> JSONValue {
        invocation[words].map { .string($0) } ?? .null
    }

    private static func act(
        _ invocation: Invocation,
        _ context: CommandContext,
        _ name: String,
        _ done: String,
        _ body: JSONObject
    ) throws -> Execution {
        guard let number = invocation[id].first else { throw UsageError.missingArgument(id.spec.name) }
        var members = body
        members["author"] = ServerCommand.author(invocation, context)
        let request = JSONValue.object(members)
        return try ServerCommand.run(invocation, context) { client in
            let incident = try await client.call("POST", "\(path)/\(number)/\(name)", request)
            let subject = TerminalStyle.printable(incident["subject"]?.stringValue ?? "")
            context.output("\(done) incident \(number): \(subject)\n")
            return .success
        }
    }
}
