import Base
import Domain
import Storage

extension Notification {
    /// The notification in a list.
    var json: JSONValue { .object(object) }

    /// The notification with its attempts.
    func json(_ tries: [NotificationTry]) -> JSONValue {
        var object = object
        object["message"] = message.json
        object["tries"] = .array(tries.map(\.json))
        return .object(object)
    }

    private var object: JSONObject {
        let incidents = message.items.compactMap(\.incidentID)
        return JSONObject([
            ("id", .integer(id)),
            ("channel_id", .integer(channel.rawValue)),
            ("state", .string(state.rawValue)),
            ("event", .string(message.event.rawValue)),
            ("severity", .string(message.severity.rawValue)),
            ("subject", .string(message.items.first?.subject ?? "")),
            ("incident_ids", .array(incidents.map { .integer($0) })),
            ("created_at", .time(createdAt)),
            ("attempts", .integer(Int64(attempts))),
            ("next_at", state == .pending ? .time(nextAt) : .null),
            ("finished_at", .time(finishedAt)),
            ("recipients_left", .array(message.recipients.map { .string($0) })),
            ("reference", .text(reference)),
            ("error", .text(error)),
        ])
    }
}

extension NotificationTry {
    fileprivate var json: JSONValue {
        [
            "at": .time(at), "duration_ms": .integer(max(0, duration.wholeMilliseconds)),
            "outcome": .string(outcome), "detail": .text(detail),
        ]
    }
}
