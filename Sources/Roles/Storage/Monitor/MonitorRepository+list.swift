import Base
package import Domain
import SQL

extension MonitorRepository {
    /// The monitors that pass the filter with an id above `after`, ascending, at most `limit`.
    package func list(
        _ filter: MonitorFilter = MonitorFilter(),
        after: MonitorID? = nil,
        limit: Int
    ) async throws(StorageError) -> MonitorPage {
        guard limit > 0, let condition = FilterSQL(filter) else { return MonitorPage(items: [], next: nil) }
        var (clauses, values) = (condition.clauses, condition.values)
        values.append(.integer(after?.rawValue ?? 0))
        clauses.append("m.id > $\(values.count)")
        values.append(.integer(Int64(limit) + 1))
        let rows = try await query(
            "SELECT \(MonitorColumns.list), s.state, s.since FROM \(condition.tables)"
                + " WHERE \(clauses.joined(separator: " AND ")) ORDER BY m.id LIMIT $\(values.count)",
            values
        ) { row throws(SQLError) in
            guard let state = MonitorState(rawValue: try row.text(MonitorColumns.count)) else {
                throw .corrupt("unknown monitor state")
            }
            let since = Timestamp(milliseconds: try row.integer(MonitorColumns.count + 1))
            return MonitorSummary(monitor: try columns.monitor(row), state: state, since: since)
        }
        let items = Array(rows.prefix(limit))
        return MonitorPage(items: items, next: rows.count > limit ? items.last?.monitor.id : nil)
    }

    /// How many monitors pass the filter.
    package func count(_ filter: MonitorFilter = MonitorFilter()) async throws(StorageError) -> Int {
        guard let condition = FilterSQL(filter) else { return 0 }
        let clauses = condition.clauses.isEmpty ? "" : " WHERE " + condition.clauses.joined(separator: " AND ")
        let counts = try await query("SELECT COUNT(*) FROM \(condition.tables)\(clauses)", condition.values) {
            row throws(SQLError) in Int(try row.integer(0))
        }
        return counts.first ?? 0
    }

    /// The active monitors with an id above `after`, ascending, at most `limit`: the scheduler's start.
    package func active(after: MonitorID? = nil, limit: Int) async throws(StorageError) -> [Monitor] {
        try await query(
            "SELECT \(MonitorColumns.list) FROM monitors m WHERE m.id > $1 AND m.is_active = 1 ORDER BY m.id LIMIT $2",
            [.integer(after?.rawValue ?? 0), .integer(Int64(limit))]
        ) { row throws(SQLError) in try columns.monitor(row) }
    }

    /// The active monitors with an id above `after` that were never checked and are seldom due, ascending.
    ///
    /// Seldom: their interval is longer than `interval`. At most `limit`.
    package func unchecked(
        interval: Duration,
        after: MonitorID? = nil,
        limit: Int
    ) async throws(StorageError) -> [Monitor] {
        try await query(
            """
            SELECT \(MonitorColumns.list) FROM monitor_status s JOIN monitors m ON m.id = s.monitor_id
            WHERE s.state = 'unknown' AND s.monitor_id > $1 AND m.is_active = 1 AND m.interval_seconds > $2
            ORDER BY s.monitor_id LIMIT $3
            """,
            [.integer(after?.rawValue ?? 0), .integer(interval.wholeMilliseconds / 1000), .integer(Int64(limit))]
        ) { row throws(SQLError) in try columns.monitor(row) }
    }

    /// The revision of the newest change of any monitor; 0 when there was none.
    package func revision() async throws(StorageError) -> Int64 {
        let values = try await query("SELECT value FROM monitor_revision", []) { row throws(SQLError) in
            try row.integer(0)
        }
        return values.first ?? 0
    }

    /// The changes after a revision in their order, at most `limit`; of a monitor's changes only the newest is kept.
    ///
    /// Deletions are told for at least a day.
    package func changed(since revision: Int64, limit: Int) async throws(StorageError) -> [MonitorChange] {
        let values: [SQLValue] = [.integer(revision), .integer(Int64(limit))]
        do throws(SQLError) {
            // One snapshot: between two reads a change could fall into a gap that the next call would skip.
            return try await database.read { session throws(SQLError) in
                let changed = try await session.query(
                    "SELECT \(MonitorColumns.list) FROM monitors m WHERE m.revision > $1 ORDER BY m.revision LIMIT $2",
                    values
                )
                let deleted = try await session.query(
                    "SELECT revision, id FROM deleted_monitors WHERE revision > $1 ORDER BY revision LIMIT $2",
                    values
                )
                var changes: [MonitorChange] = []
                for row in changed {
                    let monitor = try columns.monitor(row)
                    changes.append(MonitorChange(revision: monitor.revision, event: .changed(monitor)))
                }
                for row in deleted {
                    let id = MonitorID(rawValue: try row.integer(1))
                    changes.append(MonitorChange(revision: try row.integer(0), event: .deleted(id)))
                }
                return Array(changes.sorted { $0.revision < $1.revision }.prefix(limit))
            }
        } catch { throw StorageError(error) }
    }

    func query<Value>(
        _ sql: String,
        _ values: [SQLValue],
        _ make: (Row) throws(SQLError) -> Value
    ) async throws(StorageError) -> [Value] {
        do throws(SQLError) {
            let rows = try await database.query(sql, values)
            var made: [Value] = []
            made.reserveCapacity(rows.count)
            for row in rows { made.append(try make(row)) }
            return made
        } catch { throw StorageError(error) }
    }
}

/// A filter as the tables and conditions of a statement.
private struct FilterSQL {
    private(set) var tables = "monitors m JOIN monitor_status s ON s.monitor_id = m.id"
    private(set) var clauses: [String] = []
    private(set) var values: [SQLValue] = []

    /// Longer texts stand in no name or URL, and SQLite refuses patterns above 50,000 bytes.
    private static let longestQuery = 4096

    /// nil when nothing can pass.
    init?(_ filter: MonitorFilter) {
        for (index, tag) in filter.tags.enumerated() {
            tables += " JOIN monitor_tags t\(index) ON t\(index).monitor_id = m.id"
            add("t\(index).tag =", .text(tag))
        }
        if let state = filter.state { add("s.state =", .text(state.rawValue)) }
        if let isActive = filter.isActive { add("m.is_active =", .flag(isActive)) }
        if let query = filter.query, !query.isEmpty {
            guard query.utf8.count <= Self.longestQuery, !query.utf8.contains(0) else { return nil }
            add("m.search LIKE", .text(Self.pattern(query)))
            clauses[clauses.count - 1] += " ESCAPE '\\'"
        }
    }

    private mutating func add(_ condition: String, _ value: SQLValue) {
        values.append(value)
        clauses.append("\(condition) $\(values.count)")
    }

    private static func pattern(_ query: String) -> String {
        var pattern = "%"
        for character in query.lowercased() {
            if character == "%" || character == "_" || character == "\\" { pattern.append("\\") }
            pattern.append(character)
        }
        return pattern + "%"
    }
}
