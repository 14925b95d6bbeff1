import Alerting
import Base
import Domain
import HTTPServer
import Storage

/// `/api/v1/monitors` and the paths below it.
struct MonitorRoutes: Sendable {
    private let commands: MonitorCommands
    private let reader: HistoryReader
    private let regionStates: RegionStates
    private let dependencies: APIDependencies
    private let schema: MonitorSchema
    private let warnings: SaveWarnings
    private static let tag = "Monitors"
    private static let id = Parameter.id("id", "The monitor's number.")
    private static let resultID = Parameter.id("result_id", "The result's number.", isOuter: false)
    private static let path = "/api/v1/monitors"

    init(_ dependencies: APIDependencies, warnings: SaveWarnings) {
        (self.dependencies, self.warnings) = (dependencies, warnings)
        commands = MonitorCommands(dependencies: dependencies)
        reader = HistoryReader(dependencies)
        regionStates = RegionStates(dependencies, reader)
        schema = MonitorSchema(kinds: dependencies.kinds, policy: dependencies.policy)
    }

    var routes: [Route] { [list, create, show, replace, change, delete, check, history, result] }

    private var list: Route {
        Route(
            .get,
            Self.path,
            operation: "listMonitors",
            tag: Self.tag,
            "Monitors ordered by id; X-Next-Cursor and Link lead to the next page",
            parameters: MonitorListParameters.all,
            responses: [.page(schema.answer, "The monitors."), .unavailable]
        ) { call throws(APIProblem) in
            let query = try MonitorListQuery(call)
            let page = try await stored { () async throws(StorageError) in
                try await dependencies.monitors.list(query.filter, after: query.cursor, limit: query.limit)
            }
            let latest = try await reader.latest(for: page.items.map(\.monitor.id))
            let regions = try await regionStates.states(of: page.items.map(\.monitor))
            let items = page.items.map { item in
                let current = CurrentStatus(state: item.state, since: item.since, last: latest[item.monitor.id])
                return item.monitor.json(current, regionStates: regions[item.monitor.id] ?? [], inList: true)
            }
            return page.response(query, path: Self.path, items)
        }
    }

    private var create: Route {
        Route(
            .post,
            Self.path,
            operation: "createMonitor",
            tag: Self.tag,
            "Create a monitor; its first check is made at once",
            body: schema.creation,
            responses: [
                .json(201, schema.answer, "The monitor; Location has its URL."),
                .problem(409, "Another monitor has this name."), .unavailable,
            ]
        ) { call throws(APIProblem) in
            let monitor = try await commands.create(call.body)
            let current = CurrentStatus(state: .unknown, since: monitor.createdAt)
            let states = try await regionStates.states(of: monitor, nil)
            var response = Response.json(monitor.json(current, regionStates: states), status: .created)
            response.headers.append("Location", "\(Self.path)/\(monitor.id)")
            return response
        }
    }

    private var show: Route {
        Route(
            .get,
            "\(Self.path)/{id}",
            operation: "getMonitor",
            tag: Self.tag,
            "One monitor",
            parameters: [Self.id.specification],
            responses: [.json(200, schema.answer, "The monitor."), .unavailable]
        ) { call throws(APIProblem) in
            let monitor = try await commands.monitor(MonitorID(rawValue: try call[Self.id]))
            return .json(try await json(monitor).warning(JSONValue.newerWarnings(monitor.newerMembers)))
        }
    }

    private var replace: Route {
        Route(
            .put,
            "\(Self.path)/{id}",
            operation: "replaceMonitor",
            tag: Self.tag,
            "Replace all settings of a monitor; members that are left out get their defaults",
            parameters: [Self.id.specification],
            body: schema.replacement,
            responses: [.json(200, schema.answer, "The monitor."), .changeConflict, .unavailable]
        ) { call throws(APIProblem) in
            try await written(try await commands.replace(MonitorID(rawValue: try call[Self.id]), call.body))
        }
    }

    private var change: Route {
        Route(
            .patch,
            "\(Self.path)/{id}",
            operation: "changeMonitor",
            tag: Self.tag,
            "Change some settings of a monitor; a setting that is an object or a list is replaced as a whole",
            parameters: [Self.id.specification],
            body: schema.change,
            responses: [.json(200, schema.answer, "The monitor."), .changeConflict, .unavailable]
        ) { call throws(APIProblem) in
            let id = MonitorID(rawValue: try call[Self.id])
            let before = try await commands.monitor(id)
            let changed = try await commands.change(id, call.body)
            let lost = before.settings.secretsLost(by: call.body, leaving: changed.settings)
            return try await written(changed, warning: lost)
        }
    }

    private var delete: Route {
        Route(
            .delete,
            "\(Self.path)/{id}",
            operation: "deleteMonitor",
            tag: Self.tag,
            "Delete a monitor with its history",
            parameters: [Self.id.specification],
            responses: [.empty(204, "It is gone."), .unavailable]
        ) { call throws(APIProblem) in
            try await commands.delete(MonitorID(rawValue: try call[Self.id]))
            return Response(.noContent)
        }
    }

    private var check: Route {
        CheckRoute(dependencies, commands).route(
            "\(Self.path)/{id}/check",
            operation: "checkMonitor",
            tag: Self.tag,
            missing: .noSuchMonitor
        )
    }

    private var history: Route {
        Route(
            .get,
            "\(Self.path)/{id}/history",
            operation: "getMonitorHistory",
            tag: Self.tag,
            "Results of a monitor, newest first",
            parameters: [Self.id.specification] + HistoryParameters.all,
            responses: [
                .json(200, .array(ResultSchema.full(dependencies.kinds)), "The results, without evidence."),
                .unavailable,
            ]
        ) { call throws(APIProblem) in
            let monitor = try await commands.monitor(MonitorID(rawValue: try call[Self.id]))
            let results = try await reader.history(of: monitor.id, call)
            await reader.learnRegions(of: results)
            return .json(.array(results.map { $0.json(reader.regions, of: monitor) }))
        }
    }

    private var result: Route {
        Route(
            .get,
            "\(Self.path)/{id}/results/{result_id}",
            operation: "getMonitorResult",
            tag: Self.tag,
            "One result with the target's response",
            parameters: [Self.id.specification, Self.resultID.specification],
            responses: [.json(200, ResultSchema.full(dependencies.kinds), "The result."), .unavailable]
        ) { call throws(APIProblem) in
            let monitor = try await commands.monitor(MonitorID(rawValue: try call[Self.id]))
            let result = try await reader.result(try call[Self.resultID], of: monitor.id)
            await reader.learnRegions(of: CollectionOfOne(result))
            return .json(result.json(reader.regions, of: monitor))
        }
    }

    private func written(_ monitor: Monitor, warning lost: [String] = []) async throws(APIProblem) -> Response {
        let newer = JSONValue.newerWarnings(monitor.newerMembers)
        return .json(try await json(monitor).warning(lost + newer + (await warnings.warnings(of: monitor))))
    }

    private func json(_ monitor: Monitor) async throws(APIProblem) -> JSONValue {
        let status = try await stored { () async throws(StorageError) in
            try await dependencies.statuses.status(monitor.id)
        }
        let current = CurrentStatus(
            state: status?.state ?? .unknown,
            since: status?.since ?? monitor.createdAt,
            last: try await reader.latest(for: [monitor.id])[monitor.id]
        )
        return monitor.json(current, regionStates: try await regionStates.states(of: monitor, status))
    }
}

extension DocumentedResponse {
    static let unavailable = problem(
        503,
        "The store or the queue is not available; Retry-After says when to try again."
    )
    static let changeConflict = problem(409, "Another monitor has this name, or somebody else changed it.")
}
