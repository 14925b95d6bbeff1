import Arguments
import Base

/// `sentinel incidents list`.
enum IncidentsListCommand {
    private enum StatusFilter: String, CaseIterable, Sendable {
        case active, open, acknowledged, resolved
    }

    private static let status = Option<StatusFilter>(
        "status",
        .choice,
        placeholder: "STATUS",
        help: "Only incidents in this state: active (not resolved), open, acknowledged, resolved."
    )
    private static let state = Option<StatusFilter>("state", .choice, isHidden: true, help: "The same as --status.")
    private static let tag = RepeatedOption<String>(
        "tag",
        .text("TAG", length: 1...256),
        maximum: 20,
        help: "Only incidents with this tag; repeated, with each of them."
    )

    static let command = Command<CommandAction>(
        "list",
        summary: "Lists the incidents of a running server, newest first.",
        options: [ServerCommand.server.spec, status.spec, state.spec, tag.spec, ServerCommand.limit.spec]
            + ServerOutput.options
    ) { invocation, context in
        let wanted = invocation[status] ?? invocation[state]
        let query = [(name: "status", value: wanted?.rawValue)] + invocation[tag].map { (name: "tag", value: $0) }
        let count = invocation[ServerCommand.limit] ?? 100
        let format = try ServerOutput.format(invocation)
        return try ServerCommand.run(invocation, context) { client in
            let (incidents, hasMore) = try await client.list(
                "incidents",
                IncidentsCommand.path,
                query,
                limit: count
            )
            context.output(ServerOutput.list(incidents, format, none: "No incidents.", table: IncidentReport.table))
            if hasMore { context.complain("sentinel: there are more; --limit shows them\n") }
            return .success
        }
    }
}
