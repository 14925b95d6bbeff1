package import Base

/// Passes a monitor's stored checks through `MonitorVerdict` with a rule, and records the outages it would have opened.
///
/// It sees only checks, as the live system does: no maintenance, no pauses, no doubt about connectivity. It begins with
/// an unknown monitor. A check that changes nothing costs one comparison.
package struct VerdictReplay: Sendable {
    private let rule: VerdictRule
    private let limit: Int
    /// Microseconds above which a success is slow.
    private let slowAbove: Int64
    private var verdict = MonitorVerdict()
    /// The regions from which a fast success changes nothing; empty when it may.
    private var calm: [Int64] = []
    private var forecast = OutageForecast()
    /// The failures since the monitor was last up.
    private var failures = 0
    /// The newest outage, which is not listed yet because it may continue.
    private var latest: OutageForecast.Outage?
    private var downSince = Timestamp(milliseconds: 0)

    /// Keeps the first `limit` outages; all are counted.
    package init(_ rule: VerdictRule, limit: Int) {
        (self.rule, self.limit) = (rule, limit)
        slowAbove = rule.degradedAbove.map { $0.wholeNanoseconds / 1000 } ?? .max
    }

    /// Handles the next check; those of a region must be in the order of time.
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
            case .changed, .confirm, .confirmElsewhere: break
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

    /// The forecast, if nothing more happens until `end`.
    package func finish(at end: Timestamp) -> OutageForecast {
        var copy = self
        copy.list()
        if verdict.isOpen { copy.forecast.downTime += max(.zero, end - downSince) }
        return copy.forecast
    }
}
