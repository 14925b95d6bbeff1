import Base
package import Domain
import SQL

extension MonitorRepository {
    /// The monitors that pass the filter with an id above `after`, ascending, at most `limit`.
    ///
    /// Rows that cannot be read are left out. Throws `.database` when the database cannot be read.
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
        let rows = try await rows(
            "SELECT \(MonitorColumns.list), s.state, s.since FROM \(condition.tables)"
                + " WHERE \(clauses.joined(separator: " AND ")) ORDER BY m.id LIMIT $\(values.count)",
            values
        )
        let read = ReadRows(Array(rows.prefix(limit)), of: MonitorColumns.table, database.rowFaults) {
            row throws(SQLError) in
            let monitor = try columns.monitor(row)
            // A state that cannot be read is an error of another table: the monitor exists.
            let word: String? = if case .text(let word) = row[MonitorColumns.count] { word } else { nil }
            var since = monitor.createdAt
            if case .integer(let time) = row[MonitorColumns.count + 1] { since = Timestamp(milliseconds: time) }
            return MonitorSummary(
                monitor: monitor,
                state: word.flatMap(MonitorState.init(rawValue:)) ?? .unknown,
                since: since
            )
        }
        return MonitorPage(items: read.values, next: rows.count > limit ? Self.last(of: rows.prefix(limit)) : nil)
    }

    /// How many monitors pass the filter.
    ///
    /// Throws `.database` when the database cannot be read.
    package func count(_ filter: MonitorFilter = MonitorFilter()) async throws(StorageError) -> Int {
        guard let condition = FilterSQL(filter) else { return 0 }
        let clauses = condition.clauses.isEmpty ? "" : " WHERE " + condition.clauses.joined(separator: " AND ")
        let counts = try await query("SELECT COUNT(*) FROM \(condition.tables)\(clauses)", condition.values) {
            row throws(SQLError) in Int(try row.integer(0))
        }
        return counts.first ?? 0
    }

    /// The active monitors with an id above `after`, ascending, at most `limit`: read when the scheduler starts.
    ///
    /// Rows that cannot be read are in the page's `faults`. Throws `.database` when the database cannot be read.
    package func active(after: MonitorID? = nil, limit: Int) async throws(StorageError) -> ActivePage {
        try await page(
            "SELECT \(MonitorColumns.list) FROM monitors m WHERE m.id > $1 AND m.is_active <> 0 ORDER BY m.id LIMIT $2",
            [.integer(after?.rawValue ?? 0), .integer(Int64(limit))]
        )
    }

    /// The active monitors with an id above `after` that were never checked and have a long interval, ascending.
    ///
    /// A long interval is one above `interval`. At most `limit`.
    ///
    /// Rows that cannot be read are in the page's `faults`. Throws `.database` when the database cannot be read.
    package func unchecked(
        interval: Duration,
        after: MonitorID? = nil,
        limit: Int
    ) async throws(StorageError) -> ActivePage {
        try await page(
            """
            SELECT \(MonitorColumns.list) FROM monitor_status s JOIN monitors m ON m.id = s.monitor_id
            WHERE s.state = 'unknown' AND s.monitor_id > $1 AND m.is_active <> 0 AND m.interval_seconds > $2
            ORDER BY s.monitor_id LIMIT $3
            """,
            [.integer(after?.rawValue ?? 0), .integer(interval.wholeMilliseconds / 1000), .integer(Int64(limit))]
        )
    }

    private func page(_ sql: String, _ values: [SQLValue]) async throws(StorageError) -> ActivePage {
        let rows = try await rows(sql, values)
        let read = ReadRows(rows, of: MonitorColumns.table, database.rowFaults) { row throws(SQLError) in
            try columns.monitor(row)
        }
        return ActivePage(monitors: read.values, faults: read.faults, next: Self.last(of: rows))
    }

    /// The id of the last row, even if nothing else of it can be read.
    private static func last(of rows: some BidirectionalCollection<Row>) -> MonitorID? {
        rows.last.flatMap { row in (try? row.integer(0)).map(MonitorID.init(rawValue:)) }
    }

    private func rows(_ sql: String, _ values: [SQLValue]) async throws(StorageError) -> [Row] {
        do throws(SQLError) { return try await database.query(sql, values) } catch { throw StorageError(error) }
    }

    /// The revision of the newest change of any monitor; 0 when there was none.
    ///
    /// A corrupt or missing counter reads as the newest revision of a monitor; a missing one is noted. Throws `.database` when the database cannot be
    /// read.
    package func revision() async throws(StorageError) -> Int64 {
        let row = try await rows("SELECT value FROM monitor_revision", []).first
        noteRevision(isThere: row != nil)
        let value = row.flatMap { try? $0.integer(0) }
        if let value, (0...Self.lastRevision).contains(value) { return value }
        // The next change continues from here.
        let newest = try await rows(
            "SELECT MAX(revision) FROM monitors WHERE revision <= $1",
            [.integer(Self.lastRevision)]
        )
        return newest.first.flatMap { try? $0.integer(0) } ?? 0
    }

    /// The changes after a revision in their order, at most `limit`; only the newest change of each monitor.
    ///
    /// Deletions are kept for at least a day.
    ///
    /// Rows that cannot be read are in the answer's `faults`. Throws `.database` when the database cannot be read.
    package func changed(since revision: Int64, limit: Int) async throws(StorageError) -> MonitorChanges {
        let values: [SQLValue] = [.integer(revision), .integer(Int64(limit)), .integer(Self.lastRevision)]
        do throws(SQLError) {
            // One snapshot: a change between two reads could otherwise be skipped by both calls.
            return try await database.read { session throws(SQLError) in
                let changed = try await session.query(
                    "SELECT \(MonitorColumns.list) FROM monitors m WHERE m.revision > $1 AND m.revision <= $3"
                        + " ORDER BY m.revision LIMIT $2",
                    values
                )
                let deleted = try await session.query(
                    "SELECT revision, id FROM deleted_monitors WHERE revision > $1 AND revision <= $3"
                        + " ORDER BY revision LIMIT $2",
                    values
                )
                return Self.changes(changed, deleted, since: revision, limit: limit, columns, session)
            }
        } catch { throw StorageError(error) }
    }

    /// The rows up to the revision that both reads have reached.
    private static func changes(
        _ changed: [Row],
        _ deleted: [Row],
        since revision: Int64,
        limit: Int,
        _ columns: MonitorColumns,
        _ session: any SQLSession
    ) -> MonitorChanges {
        func revisions(_ rows: [Row], _ column: Int) -> [Int64] { rows.compactMap { try? $0.integer(column) } }
        let all = (revisions(changed, 9) + revisions(deleted, 0)).sorted()
        var changes = MonitorChanges(next: all.prefix(limit).last ?? revision)
        changes.hasMore = all.count >= limit
        let last = changes.next
        func isIn(_ row: Row, _ column: Int) -> Bool { (try? row.integer(column)).map { $0 <= last } ?? true }
        let read = ReadRows(changed.filter { isIn($0, 9) }, of: MonitorColumns.table, session.rowFaults) {
            row throws(SQLError) in try columns.monitor(row)
        }
        (changes.changed, changes.faults) = (read.values, read.faults)
        for row in deleted where isIn(row, 0) {
            guard let id = try? row.integer(1) else { continue }
            changes.removed.append(MonitorID(rawValue: id))
            session.rowFaults.forget(id, of: MonitorColumns.table.name)
        }
        return changes
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

/// A filter as tables and conditions of a statement.
private struct FilterSQL {
    private(set) var tables = "monitors m LEFT JOIN monitor_status s ON s.monitor_id = m.id"
    private(set) var clauses: [String] = []
    private(set) var values: [SQLValue] = []

    /// No name or URL contains a longer text, and SQLite refuses patterns above 50,000 bytes.
    private static let longestQuery = 4096

    /// nil when no monitor can pass.
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
