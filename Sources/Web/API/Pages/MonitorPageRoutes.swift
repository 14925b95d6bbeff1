import Base
import Domain
import HTTPServer
import Storage

/// The pages of monitors, without scripts, for any browser.
struct MonitorPageRoutes: Sendable {
    private let dependencies: APIDependencies
    private let reader: HistoryReader
    private static let tag = "Pages"
    private static let path = "/monitors"
    private static let id = Parameter.id("id", "The monitor's number.")
    private static let cursor = Parameter<Int64?>.number("cursor", "Continue after the monitor with this id.")
    private static let pageSize = 200
    private static let checkCount = 20

    init(_ dependencies: APIDependencies) {
        self.dependencies = dependencies
        reader = HistoryReader(dependencies)
    }

    var routes: [Route] { [list, show] }

    private var list: Route {
        Route(
            .get,
            Self.path,
            operation: "getMonitorsPage",
            tag: Self.tag,
            "Monitors with their status, as a page",
            parameters: [Self.cursor.specification],
            responses: [.other(200, "text/html", "The page."), .unavailable]
        ) { call throws(APIProblem) in
            let cursor = try call[Self.cursor].map(MonitorID.init(rawValue:))
            let page = try await stored { () async throws(StorageError) in
                try await dependencies.monitors.list(after: cursor, limit: Self.pageSize)
            }
            let count = try await stored { () async throws(StorageError) in try await dependencies.monitors.count() }
            let latest = try await reader.latest(for: page.items.map(\.monitor.id))
            let monitors = page.items.map { item in
                item.monitor.json(
                    CurrentStatus(state: item.state, since: item.since, last: latest[item.monitor.id])
                )
            }
            return MonitorListPage(monitors: monitors, count: count, next: page.next?.rawValue).response
        }
    }

    private var show: Route {
        Route(
            .get,
            "\(Self.path)/{id}",
            operation: "getMonitorPage",
            tag: Self.tag,
            "One monitor with its last checks and incidents, as a page",
            parameters: [Self.id.specification],
            responses: [.other(200, "text/html", "The page."), .unavailable]
        ) { call throws(APIProblem) in
            let id = MonitorID(rawValue: try call[Self.id])
            let monitor = try await MonitorCommands(dependencies: dependencies).monitor(id)
            let status = try await stored { () async throws(StorageError) in
                try await dependencies.statuses.status(id)
            }
            var filter = IncidentFilter()
            filter.monitor = id
            let asked = filter
            let incidents = try await stored { () async throws(StorageError) in
                try await dependencies.alerting.incidents.list(asked, limit: 50)
            }
            let results = try await reader.newest(of: id, count: Self.checkCount)
            let current = CurrentStatus(
                state: status?.state ?? .unknown,
                since: status?.since ?? monitor.createdAt,
                last: results.first
            )
            return MonitorDetailPage(
                monitor: monitor.json(current),
                results: results,
                incidents: incidents,
                now: dependencies.now()
            ).response
        }
    }
}
