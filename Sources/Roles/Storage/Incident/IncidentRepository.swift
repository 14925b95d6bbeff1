package import Base
package import Domain
package import SQL

/// The incidents that a list shows; nil members do not restrict it.
package struct IncidentFilter: Sendable, Equatable {
    /// Any of these states; empty for all.
    package var states: [Incident.State] = []
    package var kind: Incident.Kind?
    package var severity: Severity?
    package var monitor: MonitorID?
    /// All of these tags; a tag contains no line feed.
    package var tags: [String] = []
    /// Opened at this time or later.
    package var from: Timestamp?
    /// Opened before this time.
    package var to: Timestamp?

    package init() {}
}

/// Lists, reads and changes incidents.
package struct IncidentRepository: Sendable {
    package let database: any Database

    package init(database: any Database) { self.database = database }

    /// Incidents with a number below `before`, newest first, at most `limit`.
    ///
    /// Rows that cannot be read are left out. Throws `.database` when the database cannot be read.
    package func list(
        _ filter: IncidentFilter = IncidentFilter(),
        before: IncidentID? = nil,
        limit: Int
    ) async throws(StorageError) -> [Incident] {
        var clauses = ["i.id < $1"]
        var values: [SQLValue] = [.integer(before?.rawValue ?? .max)]
        func add(_ clause: (String) -> String, _ value: SQLValue) {
            values.append(value)
            clauses.append(clause("$\(values.count)"))
        }
        if !filter.states.isEmpty {
            let names = filter.states.map { state in
                values.append(.text(state.rawValue))
                return "$\(values.count)"
            }
            clauses.append("i.state IN (\(names.joined(separator: ", ")))")
        }
        if let kind = filter.kind { add({ "i.kind = \($0)" }, .text(kind.rawValue)) }
        if let severity = filter.severity { add({ "i.severity = \($0)" }, .text(severity.rawValue)) }
        if let monitor = filter.monitor { add({ "i.monitor_id = \($0)" }, .integer(monitor.rawValue)) }
        if let from = filter.from { add({ "i.opened_at >= \($0)" }, .integer(from.milliseconds)) }
        if let to = filter.to { add({ "i.opened_at < \($0)" }, .integer(to.milliseconds)) }
        for tag in filter.tags {
            // Tags are stored as lines; % and _ must match as letters here.
            let line = tag.replacing("\\", with: "\\\\").replacing("%", with: "\\%").replacing("_", with: "\\_")
            add({ "'\n' || i.tags || '\n' LIKE \($0) ESCAPE '\\'" }, .text("%\n\(line)\n%"))
        }
        values.append(.integer(Int64(limit)))
        return try await rows(
            IncidentColumns.table,
            "SELECT \(IncidentColumns.list) FROM incidents i WHERE \(clauses.joined(separator: " AND "))"
                + " ORDER BY i.id DESC LIMIT $\(values.count)",
            values
        ) { row throws(SQLError) in try IncidentColumns.incident(row) }
    }

    /// One incident; nil when there is none.
    ///
    /// Throws `.unreadable` when its row cannot be read, `.database` when the database cannot be.
    package func incident(_ id: IncidentID) async throws(StorageError) -> Incident? {
        do throws(SQLError) {
            return try await database.readableFirst(
                IncidentColumns.table,
                "SELECT \(IncidentColumns.list) FROM incidents i WHERE i.id = $1",
                [.integer(id.rawValue)]
            ) { row throws(SQLError) in try IncidentColumns.incident(row) }
        } catch { throw StorageError(error) }
    }

    /// An incident's timeline after a line, oldest first, at most `limit`; lines of one time in the order in which they
    /// were written.
    ///
    /// Rows that cannot be read are left out. Throws `.database` when the database cannot be read.
    package func events(
        of id: IncidentID,
        after event: Int64 = 0,
        limit: Int
    ) async throws(StorageError) -> [IncidentEvent] {
        try await rows(
            IncidentColumns.eventTable,
            "SELECT id, at, kind, author, text, detail FROM incident_events"
                + " WHERE incident_id = $1 AND ($2 = 0 OR at > (\(Self.time)) OR id > $2 AND at = (\(Self.time)))"
                + " ORDER BY at, id LIMIT $3",
            [.integer(id.rawValue), .integer(event), .integer(Int64(limit))]
        ) { row throws(SQLError) in try IncidentColumns.event(row) }
    }

    private static let time = "SELECT l.at FROM incident_events l WHERE l.id = $2"

    /// The newest lines of an incident's timeline, oldest first, at most `limit`.
    ///
    /// Rows that cannot be read are left out. Throws `.database` when the database cannot be read.
    package func newestEvents(of id: IncidentID, limit: Int) async throws(StorageError) -> [IncidentEvent] {
        try await rows(
            IncidentColumns.eventTable,
            "SELECT id, at, kind, author, text, detail FROM incident_events"
                + " WHERE incident_id = $1 ORDER BY at DESC, id DESC LIMIT $2",
            [.integer(id.rawValue), .integer(Int64(limit))]
        ) { row throws(SQLError) in try IncidentColumns.event(row) }.reversed()
    }

    /// How many incidents are not resolved.
    ///
    /// Throws `.database` when the database cannot be read.
    package func runningCount() async throws(StorageError) -> Int {
        do throws(SQLError) {
            let sql = "SELECT COUNT(*) FROM incidents WHERE state IN ('open', 'acknowledged')"
            return Int(try await database.query(sql).first?.integer(0) ?? 0)
        } catch { throw StorageError(error) }
    }

    /// Reads an incident and changes it in one transaction; nil when there is none.
    ///
    /// The body writes through the store that it is given; its result is returned.
    ///
    /// Values that cannot be read are neutral ones. Throws `.database` when the database cannot be written. An error of
    /// the body rolls back what it wrote and is thrown as a `StorageError`.
    package func change<Value: Sendable>(
        _ id: IncidentID,
        _ body: @Sendable (Incident, IncidentStore, any SQLSession) async throws(SQLError) -> Value
    ) async throws(StorageError) -> Value? {
        do throws(SQLError) {
            return try await database.transaction { session throws(SQLError) -> Value? in
                let store = IncidentStore(session)
                guard let incident = try await store.incident(id) else { return nil }
                return try await body(incident, store, session)
            }
        } catch { throw StorageError(error) }
    }

    /// Removes incidents that ended before an instant, at most `limit`; returns how many.
    ///
    /// Their timelines and outbox items are removed too.
    ///
    /// Throws `.database` when the database cannot be written. Nothing is removed then.
    package func purge(endedBefore instant: Timestamp, limit: Int) async throws(StorageError) -> Int {
        do throws(SQLError) {
            return try await database.transaction { session throws(SQLError) in
                let old = "SELECT id FROM incidents WHERE resolved_at < $1 ORDER BY resolved_at LIMIT $2"
                let values: [SQLValue] = [.integer(instant.milliseconds), .integer(Int64(limit))]
                for table in ["incident_events", "outbox_items"] {
                    _ = try await session.execute("DELETE FROM \(table) WHERE incident_id IN (\(old))", values)
                }
                return try await session.execute("DELETE FROM incidents WHERE id IN (\(old))", values)
            }
        } catch { throw StorageError(error) }
    }

    private func rows<Value>(
        _ table: StoredTable,
        _ sql: String,
        _ values: [SQLValue],
        _ make: (Row) throws(SQLError) -> Value
    ) async throws(StorageError) -> [Value] {
        do throws(SQLError) { return try await database.readable(table, sql, values, make) } catch {
            throw StorageError(error)
        }
    }
}
