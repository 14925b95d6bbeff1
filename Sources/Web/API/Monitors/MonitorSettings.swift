import Base
import Domain

/// The settings of a monitor that a client may send.
struct MonitorSettings: Sendable, Equatable {
    var name: String
    var spec: CheckSpec
    var interval: Duration
    var isActive: Bool
    var tags: [String]
    var alerting: MonitorAlerting

    /// The defaults.
    init(kind: any CheckKind.Type, defaults policy: MonitorPolicy) {
        name = ""
        spec = kind.standard(timeout: policy.timeout)
        interval = policy.interval
        isActive = true
        tags = []
        alerting = MonitorAlerting()
    }

    init(_ monitor: Monitor) {
        name = monitor.name
        spec = monitor.spec
        interval = monitor.interval
        isActive = monitor.isActive
        tags = monitor.tags
        alerting = monitor.alerting
    }
}

extension MonitorSettings {
    /// Applies the members of a body in the schema's normal form.
    ///
    /// A secret that was sent back masked is taken from `stored`. Throws 422 with all errors that concern several
    /// members.
    mutating func apply(_ body: JSONValue, stored: Monitor?, policy: MonitorPolicy) throws(APIProblem) {
        var issues: [ValidationIssue] = []
        if let text = body["name"]?.stringValue { name = text.trimmingWhitespace }
        let seconds = Synonyms(body, "interval", "interval_seconds")
            .value(stored: stored?.interval.components.seconds, &issues, \.integerValue)
        if let seconds { interval = .seconds(seconds) }
        let active = Synonyms(body, "enabled", "is_active").value(stored: stored?.isActive, &issues, \.boolValue)
        if let active { isActive = active }
        if let words = body["tags"]?.arrayValue {
            tags = Set(words.compactMap { $0.stringValue?.lowercased() }).sorted()
        }
        issues += Self.misplacedFiles(body, spec.kind.serverFiles, policy)
        var errors: [FieldError] = []
        spec = spec.applying(body, stored: stored?.spec, &errors)
        spec = spec.prepared(stored: stored?.spec)
        issues += errors.map { .value($0.fault.reason, at: ["body", .key($0.field)] + $0.fault.path) }
        var reader = AlertingReader(body: body, stored: stored)
        reader.readAlerting(into: &alerting)
        issues += reader.issues
        guard issues.isEmpty else { throw APIProblem(issues) }
    }

    /// Files of the server that its operator does not allow in monitors.
    private static func misplacedFiles(
        _ body: JSONValue,
        _ names: [String],
        _ policy: MonitorPolicy
    ) -> [ValidationIssue] {
        names.compactMap { name in
            guard let path = body[name]?.stringValue, let fault = TextRules.file(under: policy.tlsDirectory)(path)
            else {
                return nil
            }
            return ValidationIssue(fault.type, at: ["body", .key(name)], fault.message)
        }
    }
}

/// Two members with the same meaning; both may be given when they agree.
private struct Synonyms {
    private let body: JSONValue
    private let name: String
    private let other: String

    init(_ body: JSONValue, _ name: String, _ other: String) {
        self.body = body
        self.name = name
        self.other = other
    }

    /// The value of either member.
    ///
    /// A client that sends a response back with one of them changed means the change: the unchanged one is ignored.
    func value<Value: Equatable>(
        stored: Value?,
        _ issues: inout [ValidationIssue],
        _ read: (JSONValue) -> Value?
    ) -> Value? {
        let first = body[name].flatMap(read)
        let second = body[other].flatMap(read)
        if let first, let second, first != second {
            if first == stored { return second }
            if second == stored { return first }
            issues.append(.value("\(other) differs from \(name), which means the same", at: ["body", .key(other)]))
        }
        return first ?? second
    }
}

extension String {
    /// The text without white space at its ends.
    fileprivate var trimmingWhitespace: String {
        let start = drop(while: \.isWhitespace)
        guard let last = start.lastIndex(where: { !$0.isWhitespace }) else { return "" }
        return String(start[...last])
    }
}
