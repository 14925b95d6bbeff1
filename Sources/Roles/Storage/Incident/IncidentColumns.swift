import Base
import Domain
import SQL

/// Converts between an incident and its row.
enum IncidentColumns {
    /// The columns that `incident(_:)` reads, of a table named `i`.
    static let list = """
        i.id, i.kind, i.monitor_id, i.rule_id, i.part, i.subject, i.target, i.severity, i.state, i.reason, i.message,
        i.opened_at, i.acknowledged_at, i.acknowledged_by, i.resolved_at, i.resolution, i.reopenings, i.failures,
        i.updated_at, i.tags, i.caused_by
        """

    static let table = StoredTable("incidents", columns: list)
    static let eventTable = StoredTable("incident_events", columns: "id, at, kind, author, text, detail")

    static func incident(_ row: Row) throws(SQLError) -> Incident {
        let id = try row.integer(0)
        let severity: Severity = try row.word(7)
        let state: Incident.State = try row.word(8)
        var opening = IncidentOpening(
            try row.word(1),
            subject: try row.text(5),
            target: try row.text(6),
            severity: severity,
            message: try row.text(10),
            at: try row.time(11)
        )
        opening.monitorID = try row.optionalInteger(2).map(MonitorID.init(rawValue:))
        opening.ruleID = try row.optionalInteger(3)
        opening.part = try row.text(4)
        opening.reason = try row.optionalText(9)
        opening.failures = try row.count(17)
        opening.tags = try row.lines(19)
        opening.causedBy = try row.optionalInteger(20).map(IncidentID.init(rawValue:))
        var incident = Incident(id: IncidentID(rawValue: id), opening)
        incident.state = state
        incident.acknowledgedAt = try row.optionalTime(12)
        incident.acknowledgedBy = try row.optionalText(13)
        incident.resolvedAt = try row.optionalTime(14)
        incident.resolution = try row.optionalText(15)
        incident.reopenings = try row.count(16)
        incident.updatedAt = try row.time(18)
        return incident
    }

    /// Everything but the id, in the order of the table.
    static func values(_ incident: Incident) -> [SQLValue] {
        [
            .text(incident.kind.rawValue), .integer(incident.monitorID?.rawValue), .integer(incident.ruleID),
            .text(incident.part), .text(incident.subject), .text(incident.target), .text(incident.severity.rawValue),
            .text(incident.state.rawValue), .text(incident.reason), .text(incident.message),
            .integer(incident.openedAt.milliseconds), .integer(incident.acknowledgedAt?.milliseconds),
            .text(incident.acknowledgedBy), .integer(incident.resolvedAt?.milliseconds), .text(incident.resolution),
            .integer(Int64(incident.reopenings)), .integer(Int64(incident.failures)),
            .integer(incident.updatedAt.milliseconds),
            .text(incident.tags.isEmpty ? nil : incident.tags.joined(separator: "\n")),
            .integer(incident.causedBy?.rawValue),
        ]
    }

    /// An incident of which some values cannot be read: what happens to it, and to others, must not wait for its repair.
    ///
    /// In place of such values stand neutral ones. Throws `.corrupt` when the id cannot be read.
    static func partial(_ row: Row) throws(SQLError) -> Incident {
        let id = try row.integer(0)
        let kind: Incident.Kind? = try? row.word(1)
        let severity: Severity? = try? row.word(7)
        let updatedAt = try? row.time(18)
        var opening = IncidentOpening(
            kind ?? .monitor,
            subject: (try? row.text(5)) ?? "incident \(id)",
            target: (try? row.text(6)) ?? "",
            severity: severity ?? .critical,
            message: (try? row.text(10)) ?? "what is stored of this incident cannot be read completely",
            at: (try? row.time(11)) ?? updatedAt ?? Timestamp(milliseconds: 0)
        )
        opening.monitorID = (try? row.integer(2)).map(MonitorID.init(rawValue:))
        opening.ruleID = try? row.integer(3)
        opening.part = (try? row.text(4)) ?? ""
        opening.reason = try? row.text(9)
        opening.failures = (try? row.count(17)) ?? 0
        opening.tags = (try? row.lines(19)) ?? []
        opening.causedBy = (try? row.integer(20)).map(IncidentID.init(rawValue:))
        var incident = Incident(id: IncidentID(rawValue: id), opening)
        incident.state = (try? row.word(8)) ?? .open
        (incident.acknowledgedAt, incident.acknowledgedBy) = (try? row.time(12), try? row.text(13))
        (incident.resolvedAt, incident.resolution) = (try? row.time(14), try? row.text(15))
        incident.reopenings = (try? row.count(16)) ?? 0
        incident.updatedAt = updatedAt ?? incident.openedAt
        return incident
    }

    static func event(_ row: Row) throws(SQLError) -> IncidentEvent {
        let id = try row.integer(0)
        let kind: IncidentEvent.Kind = try row.word(2)
        let detail = try row.optionalJSON(5)
        let at = try row.time(1)
        var event = IncidentEvent(
            kind,
            at: at,
            author: try row.optionalText(3),
            try row.text(4),
            detail: detail
        )
        event.id = id
        return event
    }
}
