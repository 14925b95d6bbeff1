import Base
import Domain
import Storage

/// The current status that a monitor's response shows.
struct CurrentStatus: Sendable, Equatable {
    let state: MonitorState
    let since: Timestamp
    /// The newest stored result; nil before the first.
    var last: CheckResult?

    /// Every value of the member `status`.
    static let words = MonitorState.allCases.map(\.rawValue)
}

extension Monitor {
    /// The monitor of `/api/v1/monitors`, with secrets masked.
    func json(_ current: CurrentStatus) -> JSONValue {
        let seconds = JSONValue.integer(interval.components.seconds)
        var object = JSONObject([
            ("id", .integer(id.rawValue)),
            ("status", .string(isActive ? current.state.rawValue : "paused")),
            ("status_since", .time(current.since)),
            ("last_check", current.last?.digest ?? .null),
            ("created_at", .time(createdAt)),
            ("updated_at", .time(updatedAt)),
            ("kind", .string(spec.kind.name)),
            ("name", .string(name)),
            ("target", .string(spec.target)),
            ("interval", seconds),
            ("interval_seconds", seconds),
            ("enabled", .bool(isActive)),
            ("is_active", .bool(isActive)),
            ("tags", .array(tags.map { .string($0) })),
        ])
        for (name, value) in spec.masked.members.map({ ($0.key, $0.value) }) + alerting.json { object[name] = value }
        return .object(object)
    }

    /// The domain of `/api/domains/`.
    var domainJSON: JSONValue {
        [
            "id": .integer(id.rawValue),
            "name": .string(name),
            "url": .string(spec.target),
            "is_active": .bool(isActive),
            "created_at": .time(createdAt),
        ]
    }
}

extension CheckResult {
    /// A result in the form of a monitor's last one.
    fileprivate var digest: JSONValue {
        [
            "id": .integer(id),
            "checked_at": .time(checkedAt),
            "is_success": .bool(outcome.isSuccess),
            "latency_ms": outcome.latency.jsonMilliseconds,
            "status_code": outcome.statusCode.map { .integer(Int64($0)) } ?? .null,
            "reason": outcome.failure.map { .string($0.reason.description) } ?? .null,
            "error_message": .text(outcome.failure?.message),
        ]
    }
}

extension MonitorAlerting {
    /// The members of a monitor's response, in order.
    fileprivate var json: [(String, JSONValue)] {
        let window = rule.failures.map { share -> JSONValue in
            ["failures": .integer(Int64(share.count)), "checks": .integer(Int64(share.of))]
        }
        return [
            ("retries", .integer(Int64(rule.retries))),
            ("retry_interval", rule.retryInterval?.jsonSeconds ?? .null),
            ("recovery_threshold", .integer(Int64(rule.recoveries))),
            ("failure_window", window ?? .null),
            ("degraded_above", rule.degradedAbove?.jsonSeconds ?? .null),
            ("alert_on_degraded", rule.alertOnDegraded.map { .bool($0) } ?? .null),
            ("quorum", rule.quorum.json),
            ("settle_time", rule.settleTime.jsonSeconds),
            ("severity", .string(severity.rawValue)),
            ("repeat_interval", repeatInterval?.jsonSeconds ?? .null),
            ("depends_on", .array(dependsOn.map { .integer($0.rawValue) })),
        ]
    }
}

extension Duration {
    fileprivate var jsonSeconds: JSONValue { .number(inSeconds) }
}
