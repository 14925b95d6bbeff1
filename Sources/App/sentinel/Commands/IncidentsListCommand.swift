import Arguments
import Base

/// `sentinel incidents list`.
enum IncidentsListCommand {
    private enum Standing: String, CaseIterable, Sendable {
        case active, open, acknowledged, resolved
    }

    private static let state = Option<Standing>(
        "state",
        .choice,
        placeholder: "STATE",
        help: "Only incidents in this state: active (not resolved), open, acknowledged, resolved."
    )

    static let command = Command<CommandAction>(
        "list",
        summary: "Lists the incidents of a running server, newest first.",
        options: [ServerCommand.server.spec, state.spec, ServerCommand.limit.spec, ServerCommand.json.spec]
    ) { invocation, context in
        let query = [(name: "state", value: invocation[state]?.rawValue)]
        let count = invocation[ServerCommand.limit] ?? 100
        let showsJSON = invocation[ServerCommand.json]
        return try ServerCommand.run(invocation, context) { client in
            let (incidents, hasMore) = try await client.list(
                "incidents",
                IncidentsCommand.path,
                query,
                limit: count
            )
            context.output(showsJSON ? "\(JSONValue.array(incidents))\n" : IncidentReport.table(incidents))
            if hasMore { context.complain("sentinel: there are more; --limit shows them\n") }
            return .success
        }
    }
}
