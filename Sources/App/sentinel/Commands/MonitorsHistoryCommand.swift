import Arguments
import Base

/// `sentinel monitors history`.
enum MonitorsHistoryCommand {
    private static let target = ResourceCommands(.monitors).target
    private static let limit = Option<Int>("limit", .integer(1...1000), help: "At most so many (default: 20).")

    static let command = Command<CommandAction>(
        "history",
        summary: "Lists the last results of a monitor, newest first.",
        options: [ServerCommand.server.spec, limit.spec] + ServerOutput.options,
        positionals: [target.spec]
    ) { invocation, context in
        let format = try ServerOutput.format(invocation)
        let wanted = try ResourceCommands.first(invocation, target)
        let count = invocation[limit] ?? 20
        let resource = ServerResource.monitors
        return try ServerCommand.run(invocation, context) { client in
            let answer = try await resource.call("GET", "/history?limit=\(count)", of: wanted, client)
            context.output(text(answer, format))
            return .success
        }
    }

    private static func text(_ answer: JSONValue, _ format: OutputFormat) -> String {
        ServerOutput.list(answer.arrayValue ?? [], format, none: "No results.", table: table)
    }

    private static func table(_ results: [JSONValue]) -> String {
        guard !results.isEmpty else { return "No results.\n" }
        let rows = results.map { result in
            let isSuccess = result["is_success"]?.boolValue ?? false
            let time = result["latency_ms"]?.doubleValue.map { "\(($0 * 100).rounded() / 100) ms" } ?? "-"
            return [
                TextTable.cell(result["checked_at"]), isSuccess ? "up" : "down", time,
                TextTable.cell(result["status_code"]), TextTable.cell(result["reason"]),
                TextTable.cell(result["error_message"]),
            ]
        }
        return TextTable.text([["CHECKED", "RESULT", "TOOK", "STATUS", "REASON", "MESSAGE"]] + rows)
    }
}
