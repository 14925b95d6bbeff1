import Arguments
import Base
import Domain

/// `sentinel monitors list`.
enum MonitorsListCommand {
    private static let status = Option<MonitorState>(
        "status",
        .choice,
        placeholder: "STATUS",
        help: "Only monitors in this state: \(MonitorState.allCases.map(\.rawValue).joined(separator: ", "))."
    )
    private static let tag = RepeatedOption<String>(
        "tag",
        .text("TAG", length: 1...50),
        maximum: 20,
        help: "Only monitors with this tag; repeated, with each of them."
    )
    private static let words = Option<String>(
        "q",
        .text("TEXT", length: 1...255),
        help: "Only monitors with this text in their name or URL."
    )

    static let command = Command<CommandAction>(
        "list",
        summary: "Lists the monitors of a running server.",
        options: [
            MonitorsCommand.server.spec, status.spec, tag.spec, words.spec, ServerCommand.limit.spec,
        ] + ServerOutput.options
    ) { invocation, context in
        let query =
            [
                (name: "status", value: invocation[status]?.rawValue), (name: "q", value: invocation[words]),
            ] + invocation[tag].map { (name: "tag", value: $0) }
        let count = invocation[ServerCommand.limit] ?? 100
        let format = try ServerOutput.format(invocation)
        return try MonitorsCommand.run(invocation, context) { api in
            let (monitors, hasMore) = try await api.list(query, limit: count)
            context.output(ServerOutput.list(monitors, format, none: "No monitors.", table: MonitorsTable.text))
            if hasMore { context.complain("sentinel: there are more; --limit shows them\n") }
            return .success
        }
    }
}
