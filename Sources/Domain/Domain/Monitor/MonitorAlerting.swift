import Base
package import Checks

/// When people are notified about a monitor, and how severe it is.
package struct MonitorAlerting: Sendable, Equatable {
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
}
