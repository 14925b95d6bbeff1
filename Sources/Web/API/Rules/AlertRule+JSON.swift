import Base
import Domain
import Storage

extension StoredRule {
    var json: JSONValue {
        let threshold = rule.threshold
        return [
            "id": .integer(rule.id.rawValue),
            "name": .string(rule.name),
            "server_id": rule.serverID.map { .integer($0.rawValue) } ?? .null,
            "metric_name": .string(rule.metricName),
            "promql": .string(rule.query),
            "threshold": .number(threshold.threshold),
            "comparison": .string(threshold.comparison.rawValue),
            "repeat_interval_sec": threshold.repeatInterval?.jsonWholeSeconds ?? .null,
            "is_active": .bool(rule.isActive),
            "channel": .string(rule.channel),
            "source": .string(rule.source.rawValue),
            "for_seconds": threshold.hold.jsonWholeSeconds,
            "keep_firing_seconds": threshold.keepFiring.jsonWholeSeconds,
            "no_data": .string(threshold.noData.rawValue),
            "severity": .string(rule.severity.rawValue),
            "interval_seconds": rule.interval?.jsonWholeSeconds ?? .null,
            "max_series": .integer(Int64(threshold.maximumSeries)),
            "health": [
                "state": .string(health.state.rawValue), "message": .text(health.message),
                "since": .time(health.since),
            ],
            "firing": .array(firing),
            "created_at": .time(rule.createdAt),
        ]
    }

    private var firing: [JSONValue] {
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

extension Duration {
    fileprivate var jsonWholeSeconds: JSONValue { .integer(components.seconds) }
}
