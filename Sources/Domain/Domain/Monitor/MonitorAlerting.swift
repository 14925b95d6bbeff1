import Base

/// When people are told of a monitor, and how bad it is.
package struct MonitorAlerting: Sendable, Equatable {
    /// How many checks it takes to believe one.
    package var rule = VerdictRule.standard
    /// Of the incident while the monitor is down.
    package var severity = Severity.critical
    /// From one reminder to the next while nobody has acknowledged; nil reminds nobody.
    package var repeatInterval: Duration?
    /// Monitors without which this one cannot work: while one of them is down, this one's outage is noted, not told.
    package var dependsOn: [MonitorID] = []

    package init() {}
}

extension VerdictRule {
    /// What holds for a monitor that says nothing: one more look, five seconds later.
    package static let standard: VerdictRule = {
        var rule = VerdictRule()
        (rule.retries, rule.retryInterval) = (1, .seconds(5))
        return rule
    }()
}

/// The bounds of a monitor's settings of alerting.
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
