import Base
package import Domain
package import Results
package import SQL

extension PostgresResults {
    private static let list = """
        r.scheduled_at, r.region, r.reason, r.status_code, r.latency, r.facts, r.observation, o.content, r.monitor_id
        """
    /// An unreadable result is reported by its monitor, whose history has a gap.
    private static let table = StoredTable("results", columns: list, key: 8)
    private static let page = """
        SELECT \(list) FROM results r
        LEFT JOIN observations o ON o.monitor_id = r.monitor_id AND o.digest = r.observation
        WHERE r.monitor_id = $1 AND (r.scheduled_at, r.region) < ($2, $3) AND r.scheduled_at <= $2
            AND r.scheduled_at >= $4 AND (CAST($6 AS BIGINT) < 0 OR r.region = CAST($6 AS BIGINT))
        ORDER BY r.scheduled_at DESC, r.region DESC LIMIT $5
        """

    private static let newest = """
        SELECT \(list) FROM unnest(string_to_array($1, ',')::bigint[]) AS m (id)
        CROSS JOIN LATERAL (
            SELECT * FROM results WHERE monitor_id = m.id ORDER BY scheduled_at DESC, region DESC LIMIT 1
        ) AS r
        LEFT JOIN observations o ON o.monitor_id = r.monitor_id AND o.digest = r.observation
        """

    /// A monitor's results, newest first, without evidence, at most `limit`.
    ///
    /// Rows that cannot be read are left out. Throws the `SQLError` of the read, such as `.unavailable`.
    package func history(
        _ monitor: MonitorID,
        in window: ResultWindow,
        limit: Int
    ) async throws(SQLError) -> [CheckResult] {
        try await database.read { session throws(SQLError) in
            try await Self.results(of: monitor, window, limit, session)
        }
    }

    private static func results(
        of monitor: MonitorID,
        _ window: ResultWindow,
        _ limit: Int,
        _ session: any SQLSession
    ) async throws(SQLError) -> [CheckResult] {
        let end = window.end
        let rows = try await session.query(
            page,
            [
                .integer(monitor.rawValue), .integer(end.0), .integer(end.1),
                .integer(window.from?.milliseconds ?? 0), .integer(Int64(limit)),
                .integer(window.region.map { Int64($0.rawValue) } ?? -1),
            ]
        )
        return StoredResults.read(rows, of: table, session.rowFaults, monitor)
    }

    /// The newest result of each of these monitors that has one, without evidence.
    ///
    /// Rows that cannot be read are skipped. Throws the `SQLError` of the read, such as `.unavailable`.
    package func latest(for monitors: [MonitorID]) async throws(SQLError) -> [MonitorID: CheckResult] {
        try await database.read { session throws(SQLError) in
            var found: [MonitorID: CheckResult] = [:]
            // Together, but not so many that others wait for long.
            for start in stride(from: 0, to: monitors.count, by: 500) {
                let some = monitors[start..<min(start + 500, monitors.count)]
                let list = some.map { "\($0.rawValue)" }.joined(separator: ",")
                for row in try await session.query(Self.newest, [.text(list)]) {
                    let monitor = MonitorID(rawValue: try row.integer(8))
                    found[monitor] = StoredResults.read([row], of: Self.table, session.rowFaults, monitor).first
                }
            }
            return found
        }
    }

    /// One result with its evidence; nil when there is none.
    ///
    /// A result that cannot be read counts as missing. Throws `.corrupt` when its evidence cannot be read, and
    /// otherwise the `SQLError` of the read, such as `.unavailable`.
    package func result(_ monitor: MonitorID, id: Int64) async throws(SQLError) -> CheckResult? {
        guard (1..<Int64.max).contains(id) else { return nil }
        let window = ResultWindow(before: id + 1, from: Timestamp(milliseconds: id / 1000))
        return try await database.read { session throws(SQLError) in
            guard var result = try await Self.results(of: monitor, window, 1, session).first, result.id == id else {
                return nil
            }
            result.outcome.evidence = try await EvidenceTable.read(result, session)
            return result
        }
    }
}
