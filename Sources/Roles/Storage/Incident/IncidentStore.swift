import Base
package import Domain
package import SQL

/// Writes incidents within the caller's transaction: they change together with the state that caused them.
///
/// An incident of which some values cannot be read is noted, and used as far as it can be read: it must be possible to
/// end it, and it must not stop what happens to others.
package struct IncidentStore {
    private let session: any SQLSession

    package init(_ session: any SQLSession) { self.session = session }

    /// The most lines of a timeline; comments and the end are written beyond it.
    package static let eventLimit = 500

    /// Opens an incident.
    ///
    /// Throws the `SQLError` of the write, such as `.full` or `.readOnly`.
    package func open(_ opening: IncidentOpening) async throws(SQLError) -> Incident {
        let draft = Incident(id: IncidentID(rawValue: 0), opening)
        let rows = try await session.query(
            """
            INSERT INTO incidents (kind, monitor_id, rule_id, part, subject, target, severity, state, reason, message,
                opened_at, acknowledged_at, acknowledged_by, resolved_at, resolution, reopenings, failures, updated_at,
                tags, caused_by)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)
            RETURNING id
            """,
            IncidentColumns.values(draft)
        )
        guard let id = try rows.first?.integer(0) else { throw .programming("no id was returned") }
        return Incident(id: IncidentID(rawValue: id), opening)
    }

    /// Stores an incident as it is now.
    ///
    /// Throws the `SQLError` of the write, such as `.full` or `.readOnly`.
    package func update(_ incident: Incident) async throws(SQLError) {
        _ = try await session.execute(
            """
            UPDATE incidents SET severity = $2, state = $3, reason = $4, message = $5, acknowledged_at = $6,
                acknowledged_by = $7, resolved_at = $8, resolution = $9, reopenings = $10, failures = $11,
                updated_at = $12, caused_by = $13
            WHERE id = $1
            """,
            [
                .integer(incident.id.rawValue), .text(incident.severity.rawValue), .text(incident.state.rawValue),
                .text(incident.reason), .text(incident.message), .integer(incident.acknowledgedAt?.milliseconds),
                .text(incident.acknowledgedBy), .integer(incident.resolvedAt?.milliseconds),
                .text(incident.resolution), .integer(Int64(incident.reopenings)), .integer(Int64(incident.failures)),
                .integer(incident.updatedAt.milliseconds), .integer(incident.causedBy?.rawValue),
            ]
        )
    }

    /// Adds lines to a timeline.
    ///
    /// Throws the `SQLError` of the write, such as `.full` or `.readOnly`.
    package func add(_ events: [IncidentEvent], to id: IncidentID) async throws(SQLError) {
        for event in events {
            _ = try await session.execute(
                """
                INSERT INTO incident_events (incident_id, at, kind, author, text, detail)
                VALUES ($1, $2, $3, $4, $5, $6)
                """,
                [
                    .integer(id.rawValue), .integer(event.at.milliseconds), .text(event.kind.rawValue),
                    .text(event.author), .text(event.text), .text(event.detail?.description),
                ]
            )
        }
    }

    /// Adds a line that is no change of the incident; nothing when the timeline is full.
    ///
    /// Throws the `SQLError` of the write, such as `.full` or `.readOnly`.
    package func note(_ event: IncidentEvent, to id: IncidentID) async throws(SQLError) {
        guard try await eventCount(of: id) < Self.eventLimit else { return }
        try await add([event], to: id)
    }

    /// How many lines a timeline has.
    ///
    /// Throws the `SQLError` of the read, such as `.corrupt` or `.unavailable`.
    package func eventCount(of id: IncidentID) async throws(SQLError) -> Int {
        let rows = try await session.query(
            "SELECT COUNT(*) FROM incident_events WHERE incident_id = $1",
            [.integer(id.rawValue)]
        )
        return Int(try rows.first?.integer(0) ?? 0)
    }

    /// One incident; nil when there is none.
    ///
    /// Throws the `SQLError` of the read, such as `.corrupt` or `.unavailable`.
    package func incident(_ id: IncidentID) async throws(SQLError) -> Incident? {
        try await first("i.id = $1", [.integer(id.rawValue)])
    }

    /// The next open incidents that nobody has acknowledged, by id; empty at the end.
    ///
    /// Throws the `SQLError` of the read, such as `.corrupt` or `.unavailable`.
    package func open(after id: IncidentID, limit: Int) async throws(SQLError) -> [Incident] {
        try await read(
            """
            SELECT \(IncidentColumns.list) FROM incidents i WHERE i.state = 'open' AND i.id > $1 ORDER BY i.id LIMIT $2
            """,
            [.integer(id.rawValue), .integer(Int64(limit))]
        )
    }

    /// The next incidents that are not over, by number; empty at the end.
    ///
    /// Throws the `SQLError` of the read, such as `.corrupt` or `.unavailable`.
    package func running(after: IncidentID, limit: Int) async throws(SQLError) -> [Incident] {
        try await read(
            """
            SELECT \(IncidentColumns.list) FROM incidents i WHERE i.state IN ('open', 'acknowledged') AND i.id > $1
            ORDER BY i.id LIMIT $2
            """,
            [.integer(after.rawValue), .integer(Int64(limit))]
        )
    }

    /// A monitor's incident that is not resolved; nil when there is none.
    ///
    /// Throws the `SQLError` of the read, such as `.corrupt` or `.unavailable`.
    package func running(of monitor: MonitorID, kind: Incident.Kind = .monitor) async throws(SQLError) -> Incident? {
        try await first(
            "i.monitor_id = $1 AND i.kind = $2 AND i.state <> 'resolved'",
            [.integer(monitor.rawValue), .text(kind.rawValue)]
        )
    }

    /// A monitor's newest incident; nil when there is none.
    ///
    /// Throws the `SQLError` of the read, such as `.corrupt` or `.unavailable`.
    package func latest(of monitor: MonitorID, kind: Incident.Kind = .monitor) async throws(SQLError) -> Incident? {
        try await first("i.monitor_id = $1 AND i.kind = $2", [.integer(monitor.rawValue), .text(kind.rawValue)])
    }

    /// A rule's incident about one part that is not resolved; nil when there is none.
    ///
    /// Throws the `SQLError` of the read, such as `.corrupt` or `.unavailable`.
    package func running(ofRule rule: Int64, part: String) async throws(SQLError) -> Incident? {
        try await first(
            "i.rule_id = $1 AND i.part = $2 AND i.state <> 'resolved'",
            [.integer(rule), .text(part)]
        )
    }

    /// A rule's incidents that are not resolved, oldest first.
    ///
    /// Throws the `SQLError` of the read, such as `.corrupt` or `.unavailable`.
    package func running(ofRule rule: Int64) async throws(SQLError) -> [Incident] {
        try await read(
            """
            SELECT \(IncidentColumns.list) FROM incidents i WHERE i.rule_id = $1 AND i.state <> 'resolved' ORDER BY i.id
            """,
            [.integer(rule)]
        )
    }

    /// An incident of a kind about one part that is not resolved; nil when there is none.
    ///
    /// Throws the `SQLError` of the read, such as `.corrupt` or `.unavailable`.
    package func running(_ kind: Incident.Kind, part: String = "") async throws(SQLError) -> Incident? {
        try await first(
            "i.part = $1 AND i.kind = $2 AND i.state <> 'resolved'",
            [.text(part), .text(kind.rawValue)]
        )
    }

    /// The unresolved incidents of deleted monitors, oldest first.
    ///
    /// Throws the `SQLError` of the read, such as `.corrupt` or `.unavailable`.
    package func orphans() async throws(SQLError) -> [Incident] {
        let found = try await read(
            """
            SELECT \(IncidentColumns.list) FROM incidents i WHERE i.state <> 'resolved' AND i.kind = 'monitor'
                AND NOT EXISTS (SELECT 1 FROM monitors m WHERE m.id = i.monitor_id)
            ORDER BY i.id
            """
        )
        // A number that cannot be read may be that of a monitor that exists.
        return found.filter { $0.monitorID != nil }
    }

    /// The unresolved incidents of the monitors that depend on one, oldest first.
    ///
    /// Throws the `SQLError` of the read, such as `.corrupt` or `.unavailable`.
    package func running(dependingOn parent: MonitorID) async throws(SQLError) -> [Incident] {
        try await read(
            """
            SELECT \(IncidentColumns.list) FROM monitor_dependencies d JOIN incidents i ON i.monitor_id = d.monitor_id
            WHERE d.parent_id = $1 AND i.state <> 'resolved' AND i.kind = 'monitor' ORDER BY i.id
            """,
            [.integer(parent.rawValue)]
        )
    }

    /// The unresolved incidents of monitors that another incident explains, oldest first.
    ///
    /// Throws the `SQLError` of the read, such as `.corrupt` or `.unavailable`.
    package func running(causedBy cause: IncidentID) async throws(SQLError) -> [Incident] {
        try await read(
            """
            SELECT \(IncidentColumns.list) FROM incidents i
            WHERE i.caused_by = $1 AND i.state <> 'resolved' AND i.kind = 'monitor' ORDER BY i.id
            """,
            [.integer(cause.rawValue)]
        )
    }

    private func first(_ condition: String, _ values: [SQLValue]) async throws(SQLError) -> Incident? {
        let sql = "SELECT \(IncidentColumns.list) FROM incidents i WHERE \(condition) ORDER BY i.id DESC LIMIT 1"
        return try await read(sql, values).first
    }

    private func read(_ sql: String, _ values: [SQLValue] = []) async throws(SQLError) -> [Incident] {
        let rows = try await session.query(sql, values)
        let read = ReadRows(rows, of: IncidentColumns.table, session.rowFaults) { row throws(SQLError) in
            try IncidentColumns.incident(row)
        }
        return read.faults.isEmpty ? read.values : rows.compactMap { try? IncidentColumns.partial($0) }
    }
}
