import Base
package import Domain
import SQL

/// Counts what matchers fit now: of monitors the incidents that they would have, and incidents that go on.
package struct MatchCounter: Sendable {
    /// How many there are, and whether there were more to look at than were.
    package struct Count: Sendable, Equatable {
        package var monitors = 0
        package var openIncidents = 0
        package var isCut = false
    }

    /// Monitors that are looked at; some tenths of a second's work.
    package static let maximumMonitors = 100_000
    /// Incidents that are looked at.
    package static let maximumIncidents = 10_000
    private static let pageSize = 1000

    private let database: any Database
    private let monitorLimit: Int

    /// On the database that the monitors are in.
    package init(beside monitors: MonitorRepository, monitorLimit: Int = Self.maximumMonitors) {
        (database, self.monitorLimit) = (monitors.database, monitorLimit)
    }

    /// Counts page by page, so that others get their turn.
    ///
    /// The reason that a monitor fails for is not known before: matchers of `reason` count for incidents only. Rows that
    /// cannot be read are left out. Throws `.database` when the database cannot be read.
    @concurrent package func count(_ matchers: [LabelMatcher]) async throws(StorageError) -> Count {
        var count = Count()
        do throws(SQLError) {
            try await countMonitors(matchers, into: &count)
            try await countIncidents(matchers, into: &count)
        } catch { throw StorageError(error) }
        return count
    }

    private func countMonitors(_ matchers: [LabelMatcher], into count: inout Count) async throws(SQLError) {
        let matchers = matchers.filter { $0.label != "reason" }
        var (condition, values): (String, [SQLValue]) = ("", [])
        if let tag = matchers.first(where: { $0.label == "tag" && $0.operation == .equal && !$0.value.isEmpty }) {
            condition = " AND id IN (SELECT monitor_id FROM monitor_tags WHERE tag = $3)"
            values = [.text(tag.value)]
        }
        let sql = "SELECT name, url, tags, alerting, id FROM monitors WHERE id > $1\(condition) ORDER BY id LIMIT $2"
        var (after, seen) = (Int64(0), 0)
        while true {
            let page: [SQLValue] = [.integer(after), .integer(Int64(Self.pageSize))]
            let rows = try await database.query(sql, page + values)
            for row in rows {
                guard let id = try? row.integer(4) else { continue }
                after = max(after, id)
                let monitor = MonitorBrief(MonitorID(rawValue: id), row)
                if matchers.matches(monitor.incidentLabels) { count.monitors += 1 }
            }
            seen += rows.count
            if rows.count < Self.pageSize { return }
            if seen >= monitorLimit {
                count.isCut = true
                return
            }
            await Task.yield()
        }
    }

    private func countIncidents(_ matchers: [LabelMatcher], into count: inout Count) async throws(SQLError) {
        var (after, seen) = (IncidentID(rawValue: 0), 0)
        while true {
            let page = try await IncidentStore(database).running(after: after, limit: Self.pageSize)
            guard let last = page.last else { return }
            count.openIncidents += page.count { matchers.matches($0.labels) }
            (after, seen) = (last.id, seen + page.count)
            if seen >= Self.maximumIncidents {
                count.isCut = true
                return
            }
        }
    }
}

extension MonitorBrief {
    /// The labels that an incident of the monitor would have; it has no number yet, and no reason.
    fileprivate var incidentLabels: [String: [String]] {
        [
            "kind": [Incident.Kind.monitor.rawValue], "monitor": ["\(id)"], "name": [name],
            "severity": [alerting.severity.rawValue], "tag": tags.isEmpty ? [""] : tags, "url": [url],
        ]
    }
}
