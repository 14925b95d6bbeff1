import Base
package import Checks

/// From where a monitor is judged, when people are notified about it, and how severe it is.
package struct MonitorAlerting: Sendable, Equatable {
    /// The regions that check it, each once; empty for the default one.
    package var regions: [RegionName] = []
    /// How many checks confirm a change of state.
    package var rule = VerdictRule.standard
    /// The severity of the incident while the monitor is down.
    package var severity = Severity.critical
    /// The time between reminders while nobody has acknowledged; nil sends none.
    package var repeatInterval: Duration?
    /// The dependencies: while one of them is down, this monitor's outage is recorded without notification.
    package var dependsOn: [MonitorID] = []
    /// Members that this release does not know: written by a newer one, kept as they are.
    package var unknown: UnknownMembers?

    package init() {}

    /// With what follows from the interval and the time limit of the checks.
    ///
    /// Only where regions are named does silence count: elsewhere there is no other region to judge instead.
    package func judging(every interval: Duration, within timeout: Duration) -> MonitorAlerting {
        guard !regions.isEmpty else { return self }
        var judging = self
        judging.rule.regions = regions.count
        judging.rule.freshness = interval * 2 + timeout
        return judging
    }
}

extension VerdictRule {
    /// The default: one confirmation, five seconds later.
    package static let standard: VerdictRule = {
        var rule = VerdictRule()
        (rule.retries, rule.retryInterval) = (1, .seconds(5))
        return rule
    }()
}

/// The limits of a monitor's alerting settings.
package enum AlertingLimits {
    package static let retries = 0...20
    package static let retryInterval: ClosedRange<Duration> = .seconds(1)...(.seconds(3600))
    package static let recoveries = 1...20
    package static let window = 1...64
    package static let degradedAbove: ClosedRange<Duration> = .milliseconds(1)...(.seconds(60))
    package static let settleTime: ClosedRange<Duration> = .zero...(.seconds(86_400))
    package static let repeatInterval: ClosedRange<Duration> = .seconds(60)...(.seconds(7 * 86_400))
    package static let dependencies = 20
    package static let quorum = 1...100
    package static let minimumFresh = 1...MonitorLimits.regionCount
}
