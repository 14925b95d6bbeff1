import Base
import Domain

extension Incident {
    /// The incident of `/api/v1/incidents`; while it is open, its duration is that at `now`.
    func json(at now: Timestamp) -> JSONValue {
        .object(
            JSONObject([
                ("id", .integer(id.rawValue)),
                ("kind", .string(kind.rawValue)),
                ("monitor_id", .number(of: monitorID?.rawValue)),
                ("rule_id", .number(of: ruleID)),
                ("part", .string(part)),
                ("subject", .string(subject)),
                ("target", .string(target)),
                ("severity", .string(severity.rawValue)),
                ("state", .string(state.rawValue)),
                ("reason", .text(reason)),
                ("message", .string(message)),
                ("opened_at", .time(openedAt)),
                ("acknowledged_at", .time(acknowledgedAt)),
                ("acknowledged_by", .text(acknowledgedBy)),
                ("resolved_at", .time(resolvedAt)),
                ("resolution", .text(resolution)),
                ("reopenings", .integer(Int64(reopenings))),
                ("failures", .integer(Int64(failures))),
                ("updated_at", .time(updatedAt)),
                ("tags", .array(tags.map { .string($0) })),
                ("caused_by", .number(of: causedBy?.rawValue)),
                ("duration_seconds", .integer(max(0, duration(at: now).components.seconds))),
            ])
        )
    }
}

extension IncidentEvent {
    /// A line of `/api/v1/incidents/{id}/timeline`.
    var json: JSONValue {
        [
            "id": .integer(id), "at": .time(at), "kind": .string(kind.rawValue), "author": .text(author),
            "text": .string(text), "detail": detail ?? .null,
        ]
    }
}

extension JSONValue {
    static func number(of value: Int64?) -> JSONValue { value.map { .integer($0) } ?? .null }
}
