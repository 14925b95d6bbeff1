package import Base

/// Passes a monitor's stored checks through `MonitorVerdict` with a rule, and records the outages it would have opened.
///
/// It sees checks, and with a rule for several regions their silence, as the live system does: no maintenance, no pauses,
/// no doubt about connectivity. It begins with an unknown monitor. A check that changes nothing costs one comparison,
/// except with regions.
package struct VerdictReplay: Sendable {
    private let rule: VerdictRule
    /// The raw values of the regions that check; nil for all.
    private let regions: Set<Int64>?
    private let limit: Int
    /// Microseconds above which a success is slow.
    private let slowAbove: Int64
    private var verdict = MonitorVerdict()
    /// The regions from which a fast success changes nothing; empty when it may.
    private var calm: [Int64] = []
    private var forecast = OutageForecast()
    /// The failures since the monitor was last up.
    private var failures = 0
    /// Why the latest failed check failed.
    private var reason: Reason?
    /// The newest outage, which is not listed yet because it may continue.
    private var latest: OutageForecast.Outage?
    private var downSince = Timestamp(milliseconds: 0)

    /// Keeps the first `limit` outages; all are counted.
    ///
    /// Checks from other regions than these are not seen.
    package init(_ rule: VerdictRule, regions: Set<Int64>? = nil, limit: Int) {
        (self.rule, self.regions, self.limit) = (rule, regions, limit)
        slowAbove = rule.degradedAbove.map { $0.wholeNanoseconds / 1000 } ?? .max
    }

    /// Handles the next check; those of a region must be in the order of time.
    package mutating func see(_ check: StoredCheck) {
        if let regions, !regions.contains(check.region) { return }
        if rule.freshness != nil {
            passTime(to: check.scheduledAt)
        } else if check.isSuccess, check.latency <= slowAbove, calm.contains(check.region) {
            return
        }
        judge(check)
    }

    /// Takes regions for silent whose newest check is too old by then.
    private mutating func passTime(to time: Timestamp) {
        while let end = verdict.silence(rule), end < time {
            let next = end + .milliseconds(1)
            _ = take(verdict.apply(.timePassed, at: next, rule), at: next, reason)
            if verdict.outage != .down, verdict.state != .pending { failures = 0 }
        }
    }

    private mutating func judge(_ check: StoredCheck) {
        if !check.isSuccess {
            failures += 1
            reason = check.failure
        }
        let actions = verdict.apply(.checked(check.summary), at: check.scheduledAt, rule)
        let hasOpened = take(actions, at: check.scheduledAt, check.failure)
        if verdict.outage == .down, !hasOpened, !check.isSuccess { latest?.failedChecks += 1 }
        if verdict.outage != .down, verdict.state != .pending { failures = 0 }
        calm = verdict.calmRegions.map { Int64($0.rawValue) }
    }

    /// Records what follows; whether an outage began or got worse.
    private mutating func take(_ actions: [MonitorVerdict.Action], at time: Timestamp, _ reason: Reason?) -> Bool {
        var hasOpened = false
        for action in actions {
            switch action {
            case .opened(let outage, let reopens):
                open(at: time, reason, outage, reopens: reopens)
                hasOpened = true
            case .escalated:
                forecast.notifications += 1
                latest?.isDegraded = false
                latest?.reason = reason
                latest?.failedChecks += failures
                hasOpened = true
            case .closed:
                close(at: time)
                failures = 0
            case .changed, .confirm, .confirmElsewhere: break
            }
        }
        return hasOpened
    }

    private mutating func open(at time: Timestamp, _ reason: Reason?, _ kind: MonitorVerdict.Outage, reopens: Bool) {
        downSince = time
        forecast.notifications += 1
        if reopens, var outage = latest {
            (outage.endedAt, outage.reason) = (nil, reason)
            outage.failedChecks += failures
            if kind == .down { outage.isDegraded = false }
            outage.reopenings += 1
            latest = outage
            return
        }
        list()
        forecast.count += 1
        latest = OutageForecast.Outage(
            startedAt: time,
            reason: reason,
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
        copy.passTime(to: end)
        copy.list()
        if copy.verdict.isOpen { copy.forecast.downTime += max(.zero, end - copy.downSince) }
        return copy.forecast
    }
}
