import Base
import Domain
import Storage

/// Reads the alerting settings of a validated body, noting members that contradict each other.
struct AlertingReader {
    let body: JSONValue
    let stored: Monitor?
    var issues: [ValidationIssue] = []

    init(body: JSONValue, stored: Monitor?) {
        self.body = body
        self.stored = stored
    }

    /// Sets an optional setting: null clears it, a missing member keeps it.
    private func set<Value>(_ target: inout Value?, _ name: String, _ read: (JSONValue) -> Value?) {
        guard let value = body[name] else { return }
        target = value == .null ? nil : read(value)
    }

    private func set<Value>(_ target: inout Value, _ name: String, _ read: (JSONValue) -> Value?) {
        if let value = body[name].flatMap(read) { target = value }
    }

    /// A duration, to the millisecond.
    private static func seconds(_ value: JSONValue) -> Duration? {
        value.doubleValue.map { .milliseconds(Int64(($0 * 1000).rounded())) }
    }

    /// Reads when people are notified.
    mutating func readAlerting(into alerting: inout MonitorAlerting) {
        var rule = alerting.rule
        set(&rule.retries, "retries") { $0.integerValue.map(Int.init) }
        set(&rule.retryInterval, "retry_interval", Self.seconds)
        set(&rule.recoveries, "recovery_threshold") { $0.integerValue.map(Int.init) }
        if let window = body["failure_window"] {
            let numbers = (window["failures"]?.integerValue ?? 0, of: window["checks"]?.integerValue ?? 0)
            rule.failures = VerdictRule.Share(Int(numbers.0), of: Int(numbers.of))
        }
        if let window = body["failure_window"], window != .null, rule.failures == nil {
            let message = "failures cannot be more than checks"
            issues.append(.value(message, at: ["body", "failure_window", "failures"]))
        }
        set(&rule.degradedAbove, "degraded_above", Self.seconds)
        set(&rule.alertOnDegraded, "alert_on_degraded", \.boolValue)
        if let quorum = body["quorum"].flatMap(VerdictRule.Quorum.init(json:)) { rule.quorum = quorum }
        set(&rule.settleTime, "settle_time", Self.seconds)
        alerting.rule = rule
        set(&alerting.severity, "severity") { $0.stringValue.flatMap(Severity.init) }
        set(&alerting.repeatInterval, "repeat_interval", Self.seconds)
        guard let list = body["depends_on"]?.arrayValue else { return }
        let ids = Set(list.compactMap(\.integerValue).map(MonitorID.init(rawValue:))).sorted()
        if let stored, ids.contains(stored.id) {
            issues.append(.value("a monitor cannot depend on itself", at: ["body", "depends_on"]))
        }
        alerting.dependsOn = ids
    }
}
