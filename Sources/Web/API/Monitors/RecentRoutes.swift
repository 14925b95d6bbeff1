import Base
import Domain
import HTTPServer
import Pipeline
import Storage

/// The newest results of a monitor, from the status cache where there is one: they are answered without the database.
struct RecentRoutes: Sendable {
    private let reader: HistoryReader
    private let commands: MonitorCommands
    private let schema: Schema
    private static let tag = "Monitors"
    private static let id = Parameter.id("id", "The monitor's number.")
    private static let count = 20

    init(_ dependencies: APIDependencies) {
        reader = HistoryReader(dependencies)
        commands = MonitorCommands(dependencies: dependencies)
        schema = ResultSchema.full(dependencies.kinds)
    }

    var routes: [Route] { [latest, recent, status, history] }

    private var latest: Route {
        Route(
            .get,
            "/api/v1/monitors/{id}/latest",
            operation: "getLatestResult",
            tag: Self.tag,
            "The newest result of a monitor; null before the first. monitor_name is always null",
            parameters: [Self.id.specification],
            responses: [.json(200, schema.nullable, "The result, without evidence."), .unavailable]
        ) { call throws(APIProblem) in
            .json(try await newest(call)?.json(reader.regions, of: nil) ?? .null)
        }
    }

    private var recent: Route {
        Route(
            .get,
            "/api/v1/monitors/{id}/recent",
            operation: "getRecentResults",
            tag: Self.tag,
            "The newest 20 results of a monitor, newest first, for a graph. monitor_name is always null",
            parameters: [Self.id.specification],
            responses: [.json(200, .array(schema), "The results, without evidence."), .unavailable]
        ) { call throws(APIProblem) in
            .json(.array(try await graph(call).map { $0.json(reader.regions, of: nil) }))
        }
    }

    private static let brief = Schema.object(
        "LatestStatus",
        [
            .required("monitor_id", .integer(example: 1), "The monitor's number."),
            .required("url", Schema.string().nullable, "What was checked."),
            .required("timestamp", .timestamp, "When the check started."),
            .required("is_up", .boolean, "Whether it succeeded."),
            .required("status_code", Schema.integer(example: 200).nullable, "The final status; null without one."),
            .required("latency_ms", .integer(example: 12), "Milliseconds from the start to the result."),
            .required("error", Schema.string().nullable, "Why it failed; null on success."),
        ]
    )

    private var status: Route {
        Route(
            .get,
            "/api/status/{id}",
            operation: "getStatus",
            tag: Self.tag,
            "The newest result of a monitor in brief; null before the first",
            parameters: [Self.id.specification],
            responses: [.json(200, Self.brief.nullable, "The result."), .unavailable]
        ) { call throws(APIProblem) in .json(try await newest(call)?.brief ?? .null) }
    }

    private var history: Route {
        Route(
            .get,
            "/api/history/{id}",
            operation: "getGraphHistory",
            tag: Self.tag,
            "The newest 20 results of a monitor in brief, oldest first",
            parameters: [Self.id.specification],
            responses: [.json(200, .array(Self.brief), "The results."), .unavailable]
        ) { call throws(APIProblem) in .json(.array(try await graph(call).reversed().map(\.brief))) }
    }

    /// A result that the cache has is one of a monitor that exists; otherwise the store is asked.
    private func newest(_ call: Call) async throws(APIProblem) -> CheckResult? {
        let id = MonitorID(rawValue: try call[Self.id])
        if let known = await reader.cache?.latest(for: [id])[id] { return known }
        _ = try await commands.monitor(id)
        return try await reader.latest(for: [id])[id]
    }

    private func graph(_ call: Call) async throws(APIProblem) -> [CheckResult] {
        let id = MonitorID(rawValue: try call[Self.id])
        if await reader.cache?.latest(for: [id])[id] == nil { _ = try await commands.monitor(id) }
        return try await reader.newest(of: id, count: Self.count)
    }
}

extension CheckResult {
    /// The result with the members that `monitoring-results` has always had.
    fileprivate var brief: JSONValue {
        [
            "monitor_id": .integer(monitorID.rawValue), "url": .text(url), "timestamp": .time(checkedAt),
            "is_up": .bool(outcome.isSuccess),
            "status_code": outcome.statusCode.map { .integer(Int64($0)) } ?? .null,
            "latency_ms": .integer(outcome.latency.wholeMilliseconds), "error": .text(outcome.failure?.message),
        ]
    }
}
