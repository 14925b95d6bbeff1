package import Base
package import Domain
package import SQL
package import Results

extension SQLiteResults {
    private static let list = """
        r.scheduled_at, r.region, r.reason, r.status_code, r.latency, r.facts, r.observation, o.content,
        r.monitor_id
        """
    private static let columns = "SELECT " + list
    /// An unreadable result is reported by its monitor, whose history has a gap.
    private static let foldedTable = StoredTable("results", columns: list, key: 8)
    private static let recentTable = StoredTable("recent_results", columns: list, key: 8)
    private static let observed = """
         LEFT JOIN observations o ON o.monitor_id = r.monitor_id AND o.number = r.observation
        WHERE r.monitor_id = $1 AND (r.scheduled_at, r.region) < ($2, $3) AND r.scheduled_at >= $4
            AND ($5 < 0 OR r.region = $5)
        """
    private static let folded =
        columns + " FROM results r" + observed
        + " ORDER BY r.scheduled_at DESC, r.region DESC LIMIT $6"
    /// Follows the chain from its end; a row that was folded meanwhile ends it, and is found in `results`.
    private static let chained = """
        WITH RECURSIVE chain (sequence) AS (
            SELECT $6 UNION ALL
            SELECT p.previous FROM chain c JOIN recent_results p ON p.sequence = c.sequence
            WHERE p.previous > 0 AND p.previous < p.sequence
        )
        """ + columns + " FROM chain c JOIN recent_results r ON r.sequence = c.sequence" + observed

    /// A monitor's results, newest first, without evidence, at most `limit`.
    ///
    /// Rows that cannot be read are left out. Throws the `SQLError` of the read, such as `.corrupt` or `.unavailable`.
    package func history(
        _ monitor: MonitorID,
        in window: ResultWindow,
        limit: Int
    ) async throws(SQLError) -> [CheckResult] {
        try await loadRecent()
        return try await database.read { session throws(SQLError) in
            try await follow(session)
            return try await Self.results(of: monitor, head(of: monitor), window, limit, session)
        }
    }

    private func head(of monitor: MonitorID) -> Int64 {
        recent.withLock { $0.heads[monitor.rawValue]?.sequence ?? 0 }
    }

    /// Folded and recent results as one history.
    private static func results(
        of monitor: MonitorID,
        _ head: Int64,
        _ window: ResultWindow,
        _ limit: Int,
        _ session: any SQLSession
    ) async throws(SQLError) -> [CheckResult] {
        let end = window.end
        let bounds: [SQLValue] = [
            .integer(monitor.rawValue), .integer(end.0), .integer(end.1), .integer(window.from?.milliseconds ?? 0),
            .integer(window.region.map { Int64($0.rawValue) } ?? -1),
        ]
        let old = StoredResults.read(
            try await session.query(folded, bounds + [.integer(Int64(limit))]),
            of: foldedTable,
            session.rowFaults,
            monitor
        )
        guard head > 0 else { return old }
        var new = StoredResults.read(
            try await session.query(chained, bounds + [.integer(head)]),
            of: recentTable,
            session.rowFaults,
            monitor
        )
        new.sort { $0.id > $1.id }
        return merge(new, old, limit: limit)
    }

    /// Merges two histories, newest first; a result in both counts once.
    private static func merge(_ new: [CheckResult], _ old: [CheckResult], limit: Int) -> [CheckResult] {
        var merged: [CheckResult] = []
        var (left, right) = (new[...], old[...])
        while merged.count < limit, let next = [left.first, right.first].compactMap(\.self).max(by: { $0.id < $1.id }) {
            if left.first?.id == next.id { left.removeFirst() }
            if right.first?.id == next.id { right.removeFirst() }
            merged.append(next)
        }
        return merged
    }

    /// The newest result of each of these monitors that has one, without evidence.
    ///
    /// Rows that cannot be read are skipped. Throws the `SQLError` of the read, such as `.corrupt` or
    /// `.unavailable`.
    package func latest(for monitors: [MonitorID]) async throws(SQLError) -> [MonitorID: CheckResult] {
        try await loadRecent()
        return try await database.read { session throws(SQLError) in
            try await follow(session)
            let heads = monitors.map { head(of: $0) }
            var found: [MonitorID: CheckResult] = [:]
            for (monitor, head) in zip(monitors, heads) {
                found[monitor] = try await Self.results(of: monitor, head, ResultWindow(), 1, session).first
            }
            return found
        }
    }

    /// When the newest result of each of these monitors was due; monitors without one are left out.
    ///
    /// The ends of the chains are in memory; the others are looked up by key. Throws the `SQLError` of the read, such as
    /// `.corrupt` or `.unavailable`.
    package func newestDue(of monitors: [MonitorID]) async throws(SQLError) -> [MonitorID: Timestamp] {
        try await loadRecent()
        return try await database.read { session throws(SQLError) in
            try await follow(session)
            var found: [MonitorID: Timestamp] = [:]
            let known = recent.withLock { recent in monitors.map { recent.heads[$0.rawValue]?.scheduledAt } }
            for (monitor, known) in zip(monitors, known) {
                var newest = known
                if newest == nil {
                    let sql = "SELECT MAX(scheduled_at) FROM results WHERE monitor_id = $1"
                    newest = try await session.query(sql, [.integer(monitor.rawValue)]).first.flatMap {
                        try? $0.optionalInteger(0)
                    }
                }
                if let newest { found[monitor] = Timestamp(milliseconds: newest) }
            }
            return found
        }
    }

    /// One result with its evidence; nil when there is none.
    ///
    /// A result that cannot be read counts as missing. Throws `.corrupt` when its evidence cannot be read, and
    /// otherwise
    /// the `SQLError` of the read, such as `.unavailable`.
    package func result(_ monitor: MonitorID, id: Int64) async throws(SQLError) -> CheckResult? {
        guard (1..<Int64.max).contains(id) else { return nil }
        try await loadRecent()
        let window = ResultWindow(before: id + 1, from: Timestamp(milliseconds: id / 1000))
        return try await database.read { session throws(SQLError) in
            try await follow(session)
            let found = try await Self.results(of: monitor, head(of: monitor), window, 1, session)
            guard var result = found.first, result.id == id else { return nil }
            result.outcome.evidence = try await EvidenceTable.read(result, session)
            return result
        }
    }
}
