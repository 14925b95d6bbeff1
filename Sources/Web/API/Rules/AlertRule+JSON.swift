import Base
import Domain
import Storage

extension StoredRule {
    var firing: [JSONValue] {
        let missing = machine.missingSince.map { ("", $0) }
        let series = machine.firing.prefix(RuleSchema.firingLimit - 1).compactMap { key in
            machine.firingSince(key).map { (key.description, $0) }
        }
        return ([missing].compactMap(\.self) + series).map { ["series": .string($0.0), "since": .time($0.1)] }
    }
}

extension AlertEvent {
    var json: JSONValue {
        [
            "alert_rule_id": .integer(ruleID.rawValue),
            "server_id": serverID.map { .integer($0.rawValue) } ?? .null,
            "metric_name": .string(metricName),
            "value": value.map { .number($0) } ?? .null,
            "status": .string(status.rawValue),
            "id": .integer(id),
            "created_at": .time(createdAt),
            "series": .string(series),
            "incident_id": incidentID.map { .integer($0.rawValue) } ?? .null,
        ]
    }
}

extension RuleHealth {
    var json: JSONValue {
        ["state": .string(state.rawValue), "message": .text(message), "since": .time(since)]
    }
}
