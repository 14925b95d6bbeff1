import Base
import Domain
import Live

/// Batches of events that differ in their time.
enum LiveFixtures {
    static func state(_ monitor: Int64, at number: Int64 = 0) -> LiveState {
        LiveState(
            monitorID: MonitorID(rawValue: monitor),
            state: .down,
            previous: .up,
            since: Timestamp(milliseconds: number),
            reason: "http_status"
        )
    }

    static func states(_ count: Int, of monitor: Int64 = 1) -> LiveBatch {
        LiveBatch(states: (0..<count).map { state(monitor, at: Int64($0)) })
    }

    static func result(_ monitor: Int64) -> CheckResult {
        var outcome = Outcome(latency: .milliseconds(12))
        outcome.evidence = .init(headers: [], body: Array("secret".utf8))
        return CheckResult(
            monitorID: MonitorID(rawValue: monitor),
            region: .local,
            scheduledAt: Timestamp(milliseconds: 1000),
            checkedAt: Timestamp(milliseconds: 1001),
            outcome: outcome,
            url: "http://shop/"
        )
    }

    static func incident(_ monitor: Int64?, _ event: String = "opened") -> LiveIncident {
        var opening = IncidentOpening(
            .monitor,
            subject: "shop",
            target: "http://shop/",
            severity: .critical,
            message: "status 503",
            at: Timestamp(milliseconds: 5)
        )
        opening.monitorID = monitor.map(MonitorID.init)
        return LiveIncident(event: event, Incident(id: IncidentID(rawValue: 7), opening))
    }
}

extension LiveSubscription {
    /// The next events; nil for anything else.
    func events() async -> [LiveEvent]? {
        if case .events(let events) = await next() { events } else { nil }
    }

    /// All events until there are that many.
    func events(_ count: Int) async -> [LiveEvent] {
        var all: [LiveEvent] = []
        while all.count < count, let events = await events() { all += events }
        return all
    }
}
