package import Base

/// Leads a monitor's stored checks through `MonitorVerdict` under a rule and notes what it would have opened.
///
/// Sees what the live system sees of checks, and nothing else: no maintenance, no pauses, no doubt of connectivity. It
/// begins with a monitor that nothing is known of. Checks that go on as everything did cost a comparison.
package struct VerdictReplay: Sendable {
    private let rule: VerdictRule
    private let limit: Int
    /// Microseconds above which a success is slow.
    private let slowAbove: Int64
    private var verdict = MonitorVerdict()
    /// The regions from which a quick success says nothing new; empty when it may.
    private var calm: [Int64] = []
    private var forecast = OutageForecast()
    /// Failures since the monitor was last well.
    private var failures = 0
    /// The newest outage, not listed yet: it may go on.
    private var latest: OutageForecast.Outage?
    private var downSince = Timestamp(milliseconds: 0)

    /// Keeps the first `limit` outages; all of them count.
    package init(_ rule: VerdictRule, limit: Int) {
        (self.rule, self.limit) = (rule, limit)
        slowAbove = rule.degradedAbove.map { $0.wholeNanoseconds / 1000 } ?? .max
    }

    /// Takes the next check; those of a region must come in the order of their times.
    package mutating func see(_ check: StoredCheck) {
        if check.isSuccess, check.latency <= slowAbove, calm.contains(check.region) { return }
        judge(check)
    }

    private mutating func judge(_ check: StoredCheck) {
        if !check.isSuccess { failures += 1 }
        var hasOpened = false
        for action in verdict.apply(.checked(check.summary), at: check.scheduledAt, rule) {
            switch action {
            case .opened(let outage, let reopens):
                open(check, outage, reopens: reopens)
                hasOpened = true
            case .escalated:
                forecast.notifications += 1
                latest?.isDegraded = false
                latest?.reason = check.failure
                latest?.failedChecks += failures
                hasOpened = true
            case .closed:
                close(at: check.scheduledAt)
                failures = 0
            case .changed, .confirm: break
            }
        }
        if verdict.outage == .down, !hasOpened, !check.isSuccess { latest?.failedChecks += 1 }
        if verdict.outage != .down, verdict.state != .pending { failures = 0 }
        calm = verdict.calmRegions.map { Int64($0.rawValue) }
    }

    private mutating func open(_ check: StoredCheck, _ kind: MonitorVerdict.Outage, reopens: Bool) {
        downSince = check.scheduledAt
        forecast.notifications += 1
        if reopens, var outage = latest {
            (outage.endedAt, outage.reason) = (nil, check.failure)
            outage.failedChecks += failures
            if kind == .down { outage.isDegraded = false }
            outage.reopenings += 1
            latest = outage
            return
        }
        list()
        forecast.count += 1
        latest = OutageForecast.Outage(
            startedAt: check.scheduledAt,
            reason: check.failure,
            failedChecks: failures,
            isDegraded: kind == .degraded
        )
    }

    private mutating func close(at time: Timestamp) {
        forecast.downTime += time - downSince
        latest?.endedAt = time
    }

    private mutating func list() {
        if let latest, forecast.outages.count < limit { forecast.outages.append(latest) }
    }

    /// What was seen, if nothing more comes until `end`.
    package func finish(at end: Timestamp) -> OutageForecast {
        var copy = self
        copy.list()
        if verdict.isOpen { copy.forecast.downTime += max(.zero, end - downSince) }
        return copy.forecast
    }
}
