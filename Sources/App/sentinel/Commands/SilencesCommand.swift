import Arguments
import Base
import Domain

/// `sentinel silences`.
enum SilencesCommand {
    private static let path = "/api/v1/silences"
    private static let id = ServerCommand.id("a silence")
    private static let all = Flag("all", help: "Also those that are over.")
    private static let matchers = Positional<String>(
        "MATCHER",
        .text("MATCHER", length: 1...1024),
        count: 0...20,
        help: "What incidents: tag=shop, severity!=critical, name~Shop*; all must fit. --matcher gives one too."
    )
    private static let length = Option<Duration>(
        "for",
        .duration(.seconds(1)...(.seconds(365 * 86_400))),
        help: "How long, whole seconds; the same as --duration."
    )
    private static let settings = SettingFlags(
        Silence.fields.flags,
        reserved: [ServerCommand.server.spec] + ServerOutput.options
    )

    static let command = Command<CommandAction>(
        "silences",
        summary: "Keeps notifications of a running server back for a time.",
        subcommands: [list, show, add, end]
    )

    private static let list = Command<CommandAction>(
        "list",
        summary: "Lists the silences of a running server.",
        options: [ServerCommand.server.spec, all.spec, ServerCommand.limit.spec] + ServerOutput.options
    ) { invocation, context in
        let query = [(name: "include_expired", value: invocation[all] ? "true" : nil)]
        let count = invocation[ServerCommand.limit] ?? 100
        let format = try ServerOutput.format(invocation)
        return try ServerCommand.run(invocation, context) { client in
            let (silences, hasMore) = try await client.list("silences", path, query, limit: count)
            context.output(ServerOutput.list(silences, format, none: "No silences.", table: SilencesTable.text))
            if hasMore { context.complain("sentinel: there are more; --limit shows them\n") }
            return .success
        }
    }

    private static let add = Command<CommandAction>(
        "add",
        summary: "Sends no notifications of certain incidents for a time; the incidents go on.",
        discussion: "The comment is 'Set on the command line' unless one is given, the author is also taken from USER.",
        options: [ServerCommand.server.spec, length.spec] + settings.specs + ServerOutput.options,
        positionals: [matchers.spec]
    ) { invocation, context in
        let silence = JSONValue.object(try members(invocation, context))
        let format = try ServerOutput.format(invocation)
        return try ServerCommand.run(invocation, context) { client in
            let added = try await client.call("POST", path, silence)
            let line = "Added silence \(added["id"]?.integerValue ?? 0) until \(added["ends_at"]?.stringValue ?? "-")"
            context.output(ServerOutput.one(added, format) { _ in TerminalStyle.printable(line) + "\n" })
            return .success
        }
    }

    /// The request body.
    private static func members(_ invocation: Invocation, _ context: CommandContext) throws -> JSONObject {
        var members = try settings.members(invocation)
        let all = invocation[matchers].map { JSONValue.string($0) } + (members["matchers"]?.arrayValue ?? [])
        guard !all.isEmpty else { throw UsageError.missingArgument(matchers.spec.name) }
        members["matchers"] = .array(all)
        if let time = invocation[length] {
            guard members["duration"] == nil else { throw UsageError.other("--for and --duration exclude each other") }
            guard time.wholeMilliseconds % 1000 == 0 else { throw UsageError.other("--for must be whole seconds") }
            members["duration"] = .integer(time.components.seconds)
        }
        guard members["duration"] != nil || members["ends_at"] != nil else {
            throw UsageError.other("--for is missing: how long, such as 2h; or --ends-at")
        }
        if members["comment"] == nil { members["comment"] = "Set on the command line" }
        if members["author"] == nil { members["author"] = .text(context.variable("USER")) }
        return members
    }

    private static let show = Command<CommandAction>(
        "show",
        summary: "Shows a silence with all its members.",
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

    private static let end = Command<CommandAction>(
        "remove",
        synonyms: ["end", "rm", "delete"],
        summary: "Ends a silence now.",
        options: [ServerCommand.server.spec],
        positionals: [id.spec]
    ) { invocation, context in
        guard let number = invocation[id].first else { throw UsageError.missingArgument(id.spec.name) }
        return try ServerCommand.run(invocation, context) { client in
            try await client.call("DELETE", "\(path)/\(number)")
            context.output("Ended silence \(number)\n")
            return .success
        }
    }
}
