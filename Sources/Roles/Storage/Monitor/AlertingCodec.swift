package import Base
package import Domain
import SQL

/// The stored JSON of `MonitorAlerting`: the members that differ from the default; nil when none does.
enum AlertingCodec {
    static func encode(_ alerting: MonitorAlerting) -> String? {
        let (standard, rule) = (MonitorAlerting(), alerting.rule)
        var object = JSONObject()
        func milliseconds(_ value: Duration?) -> JSONValue { value.map { .integer($0.wholeMilliseconds) } ?? .null }
        if rule.retries != standard.rule.retries { object["retries"] = .integer(Int64(rule.retries)) }
        if rule.retryInterval != standard.rule.retryInterval {
            object["retry_interval_ms"] = milliseconds(rule.retryInterval)
        }
        if rule.recoveries != 1 { object["recoveries"] = .integer(Int64(rule.recoveries)) }
        if let share = rule.failures { object["failures"] = [.integer(Int64(share.count)), .integer(Int64(share.of))] }
        if rule.degradedAbove != nil { object["degraded_above_ms"] = milliseconds(rule.degradedAbove) }
        if let alerts = rule.alertOnDegraded { object["alert_on_degraded"] = .bool(alerts) }
        if rule.quorum != .majority { object["quorum"] = rule.quorum.json }
        if rule.settleTime != .zero { object["settle_time_ms"] = milliseconds(rule.settleTime) }
        if alerting.severity != standard.severity { object["severity"] = .string(alerting.severity.rawValue) }
        if alerting.repeatInterval != nil { object["repeat_interval_ms"] = milliseconds(alerting.repeatInterval) }
        if !alerting.dependsOn.isEmpty {
            object["depends_on"] = .array(alerting.dependsOn.map { .integer($0.rawValue) })
        }
        return object.members.isEmpty ? nil : JSONValue.object(object).description
    }

    /// Decodes stored settings; throws `.corrupt` for text that `encode` does not write.
    static func decode(_ text: String?) throws(SQLError) -> MonitorAlerting {
        var alerting = MonitorAlerting()
        guard let text else { return alerting }
        guard case .object(let object)? = try? JSONValue(parsing: text) else { throw .corrupt("alerting: no object") }
        for (key, value) in object.members {
            guard set(key, value, &alerting) else { throw .corrupt("alerting: \(key) is not what it should be") }
        }
        return alerting
    }

    private static func set(_ key: String, _ value: JSONValue, _ alerting: inout MonitorAlerting) -> Bool {
        func take<Value>(_ read: Value?, _ put: (Value) -> Void) -> Bool {
            read.map(put) != nil
        }
        func duration() -> Duration? { value.integerValue.flatMap(Duration.init(storedMilliseconds:)) }
        func count() -> Int? { value.integerValue.flatMap { (0...10_000).contains($0) ? Int($0) : nil } }
        switch key {
        case "retries": return take(count()) { alerting.rule.retries = $0 }
        case "retry_interval_ms":
            alerting.rule.retryInterval = duration()
            return value == .null || duration() != nil
        case "recoveries": return take(count()) { alerting.rule.recoveries = $0 }
        case "failures":
            let pair = (value.arrayValue ?? []).compactMap(\.integerValue)
            guard pair.count == 2, pair.allSatisfy({ (0...10_000).contains($0) }) else { return false }
            return take(VerdictRule.Share(Int(pair[0]), of: Int(pair[1]))) { alerting.rule.failures = $0 }
        case "degraded_above_ms": return take(duration()) { alerting.rule.degradedAbove = $0 }
        case "alert_on_degraded": return take(value.boolValue) { alerting.rule.alertOnDegraded = $0 }
        case "quorum": return take(VerdictRule.Quorum(json: value)) { alerting.rule.quorum = $0 }
        case "settle_time_ms": return take(duration()) { alerting.rule.settleTime = $0 }
        case "severity": return take(value.stringValue.flatMap(Severity.init)) { alerting.severity = $0 }
        case "repeat_interval_ms": return take(duration()) { alerting.repeatInterval = $0 }
        case "depends_on":
            return take(value.arrayValue) { list in
                alerting.dependsOn = list.compactMap(\.integerValue).map(MonitorID.init(rawValue:))
            }
        // A member of a later release.
        default: return true
        }
    }
}

extension VerdictRule.Quorum {
    /// A word or a number.
    package var json: JSONValue {
        switch self {
        case .any: "any"
        case .majority: "majority"
        case .all: "all"
        case .atLeast(let count): .integer(Int64(count))
        }
    }

    package init?(json value: JSONValue) {
        switch value {
        case "any": self = .any
        case "majority": self = .majority
        case "all": self = .all
        default:
            guard let count = value.integerValue, let whole = Int(exactly: count), whole > 0 else { return nil }
            self = .atLeast(whole)
        }
    }
}
