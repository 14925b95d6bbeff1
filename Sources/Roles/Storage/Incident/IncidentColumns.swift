import Base
import Domain
import SQL

/// The translation between an incident and its row.
enum IncidentColumns {
    /// What `incident(_:)` reads, of a table called `i`.
    static let list = """
        i.id, i.kind, i.monitor_id, i.rule_id, i.part, i.subject, i.target, i.severity, i.state, i.reason, i.message,
        i.opened_at, i.acknowledged_at, i.acknowledged_by, i.resolved_at, i.resolution, i.reopenings, i.failures,
        i.updated_at, i.tags, i.caused_by
        """

    static func incident(_ row: Row) throws(SQLError) -> Incident {
        let id = try row.integer(0)
        guard let kind = Incident.Kind(rawValue: try row.text(1)), let severity = Severity(rawValue: try row.text(7)),
            let state = Incident.State(rawValue: try row.text(8))
        else { throw .corrupt("incident \(id) has an unknown kind, severity or state") }
        var opening = IncidentOpening(
            kind,
            subject: try row.text(5),
            target: try row.text(6),
            severity: severity,
            message: try row.text(10),
            at: Timestamp(milliseconds: try row.integer(11))
        )
        opening.monitorID = try row.optionalInteger(2).map(MonitorID.init(rawValue:))
        opening.ruleID = try row.optionalInteger(3)
        opening.part = try row.text(4)
        opening.reason = try row.optionalText(9)
        opening.failures = Int(try row.integer(17))
        opening.tags = try row.optionalText(19)?.split(separator: "\n").map(String.init) ?? []
        opening.causedBy = try row.optionalInteger(20).map(IncidentID.init(rawValue:))
        var incident = Incident(id: IncidentID(rawValue: id), opening)
        incident.state = state
        incident.acknowledgedAt = try row.optionalInteger(12).map(Timestamp.init(milliseconds:))
        incident.acknowledgedBy = try row.optionalText(13)
        incident.resolvedAt = try row.optionalInteger(14).map(Timestamp.init(milliseconds:))
        incident.resolution = try row.optionalText(15)
        incident.reopenings = Int(try row.integer(16))
        incident.updatedAt = Timestamp(milliseconds: try row.integer(18))
        return incident
    }

    /// Everything but the number, in the order of the table.
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

    static func event(_ row: Row) throws(SQLError) -> IncidentEvent {
        let id = try row.integer(0)
        guard let kind = IncidentEvent.Kind(rawValue: try row.text(2)) else {
            throw .corrupt("incident event \(id) is of an unknown kind")
        }
        let detail = try row.optionalText(5).map { text throws(SQLError) in
            do throws(JSONError) { return try JSONValue(parsing: text) } catch {
                throw SQLError.corrupt("incident event \(id): \(error)")
            }
        }
        let at = Timestamp(milliseconds: try row.integer(1))
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
