package import Base
package import Domain
package import SQL

/// Reads and writes the events of rules.
package struct AlertEventRepository: Sendable {
    package let database: any Database

    package init(database: any Database) { self.database = database }

    private static let columns =
        "id, rule_id, server_id, metric_name, value, status, series, created_at, incident_id"

    private static let table = StoredTable("alert_events", columns: columns)

    /// The events that a list shows; nil members do not restrict it.
    package struct Filter: Sendable, Equatable {
        package var server: ServerID?
        package var rule: AlertRuleID?
        package var status: AlertEvent.Status?

        package init(server: ServerID? = nil, rule: AlertRuleID? = nil, status: AlertEvent.Status? = nil) {
            (self.server, self.rule, self.status) = (server, rule, status)
        }
    }

    /// Events with an id below `before`, newest first, without the first `skip`, at most `limit`.
    ///
    /// Rows that cannot be read are left out. Throws `.database` when the database cannot be read.
    package func list(
        _ filter: Filter = Filter(),
        before: Int64? = nil,
        skip: Int = 0,
        limit: Int
    ) async throws(StorageError) -> [AlertEvent] {
        var clauses = ["id < $1"]
        var values: [SQLValue] = [.integer(before ?? .max), .integer(Int64(limit)), .integer(Int64(skip))]
        func add(_ column: String, _ value: SQLValue) {
            values.append(value)
            clauses.append("\(column) = $\(values.count)")
        }
        if let server = filter.server { add("server_id", .integer(server.rawValue)) }
        if let rule = filter.rule { add("rule_id", .integer(rule.rawValue)) }
        if let status = filter.status { add("status", .text(status.rawValue)) }
        return try await events(
            "WHERE \(clauses.joined(separator: " AND ")) ORDER BY id DESC LIMIT $2 OFFSET $3",
            values
        )
    }

    /// One event; nil when there is none.
    ///
    /// Throws `.unreadable` when its row cannot be read, `.database` when the database cannot be.
    package func event(_ id: Int64) async throws(StorageError) -> AlertEvent? {
        do throws(SQLError) {
            let sql = "SELECT \(Self.columns) FROM alert_events WHERE id = $1"
            return try await database.readableFirst(Self.table, sql, [.integer(id)]) { row throws(SQLError) in
                try Self.event(row)
            }
        } catch { throw StorageError(error) }
    }

    /// Removes events before an instant, the oldest first, at most `limit`; returns how many.
    ///
    /// Throws `.database` when the database cannot be written.
    package func purge(before instant: Timestamp, limit: Int) async throws(StorageError) -> Int {
        do throws(SQLError) {
            return try await database.execute(
                """
                DELETE FROM alert_events WHERE id IN
                    (SELECT id FROM alert_events WHERE created_at < $1 ORDER BY created_at LIMIT $2)
                """,
                [.integer(instant.milliseconds), .integer(Int64(limit))]
            )
        } catch { throw StorageError(error) }
    }

    /// Adds events, within the caller's transaction.
    ///
    /// Throws the `SQLError` of the write, such as `.full` or `.readOnly`.
    package static func add(_ events: [AlertEvent], _ session: any SQLSession) async throws(SQLError) {
        guard !events.isEmpty else { return }
        _ = try await session.executeMany(
            """
            INSERT INTO alert_events (rule_id, server_id, metric_name, value, status, series, created_at, incident_id)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
            """,
            columns: 8,
            values: events.flatMap { event -> [SQLValue] in
                [
                    .integer(event.ruleID.rawValue), .integer(event.serverID?.rawValue), .text(event.metricName),
                    event.value.map { .double($0) } ?? .null, .text(event.status.rawValue), .text(event.series),
                    .integer(event.createdAt.milliseconds), .integer(event.incidentID?.rawValue),
                ]
            }
        )
    }

    private func events(_ condition: String, _ values: [SQLValue]) async throws(StorageError) -> [AlertEvent] {
        do throws(SQLError) {
            let sql = "SELECT \(Self.columns) FROM alert_events \(condition)"
            return try await database.readable(Self.table, sql, values) { row throws(SQLError) in try Self.event(row) }
        } catch { throw StorageError(error) }
    }

    private static func event(_ row: Row) throws(SQLError) -> AlertEvent {
        let id = try row.integer(0)
        let status: AlertEvent.Status = try row.word(5)
        let value: Double?
        if case .null = row[4] { value = nil } else { value = try row.double(4) }
        var event = AlertEvent(
            id: id,
            ruleID: AlertRuleID(rawValue: try row.integer(1)),
            serverID: try row.optionalInteger(2).map(ServerID.init(rawValue:)),
            metricName: try row.text(3),
            value: value,
            status: status,
            series: try row.text(6),
            createdAt: try row.time(7)
        )
        event.incidentID = try row.optionalInteger(8).map(IncidentID.init(rawValue:))
        return event
    }
}
