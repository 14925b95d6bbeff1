import Base
import Domain

/// What a client may say about a monitor, apart from its number and dates.
struct MonitorSettings: Sendable, Equatable {
    var name: String
    var spec: HTTPSpec
    var interval: Duration
    var isActive: Bool
    var tags: [String]
    var alerting: MonitorAlerting

    /// What holds where a client says nothing.
    init(defaults policy: MonitorPolicy) {
        var options = HTTPSpec.Options()
        options.timeout = policy.timeout
        (name, spec, interval) = ("", HTTPSpec(url: "", options: options), policy.interval)
        (isActive, tags, alerting) = (true, [], MonitorAlerting())
    }

    init(_ monitor: Monitor) {
        (name, spec, interval) = (monitor.name, monitor.spec, monitor.interval)
        (isActive, tags, alerting) = (monitor.isActive, monitor.tags, monitor.alerting)
    }
}

extension MonitorSettings {
    /// Takes over the members of a body in the schema's normal form.
    ///
    /// `stored` is where a secret that was sent back masked is taken from. Throws 422 with every fault between members.
    mutating func apply(_ body: JSONValue, stored: Monitor?) throws(APIProblem) {
        var reader = MonitorReader(body: body, stored: stored)
        if let text = reader.text("name") { name = text.trimmingWhitespace }
        if let text = reader.text("url"), let url = try? TargetURL(text) { spec.url = url.description }
        let storedSeconds = stored?.interval.components.seconds
        let seconds = reader.synonyms("interval", "interval_seconds", stored: storedSeconds, \.integerValue)
        if let seconds { interval = .seconds(seconds) }
        let active = reader.synonyms("enabled", "is_active", stored: stored?.isActive, \.boolValue)
        if let active { isActive = active }
        if let words = body["tags"]?.arrayValue {
            tags = Set(words.compactMap { $0.stringValue?.lowercased() }).sorted()
        }
        var options = spec.options
        reader.readRequest(into: &options)
        reader.readExpectations(into: &options)
        reader.readConnection(into: &options)
        spec.options = options
        reader.readAlerting(into: &alerting)
        guard reader.issues.isEmpty else { throw APIProblem(reader.issues) }
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
