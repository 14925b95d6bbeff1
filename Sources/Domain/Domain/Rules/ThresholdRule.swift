import Base

/// When a value is an alert, and how long it takes to become one and to stop.
package struct ThresholdRule: Sendable, Equatable {
    /// What happens when a series that fires, or all of them, is missing or not a number.
    package enum NoData: String, Sendable, CaseIterable {
        /// What is missing is well: it is resolved.
        case ignore
        /// Missing data of all series is an alert of its own, and meanwhile what fires goes on.
        case alert
        /// What fires goes on until it is seen well.
        case keep
    }

    /// The limits of a rule's settings.
    package enum Limits {
        package static let hold: ClosedRange<Duration> = .zero...(.seconds(7 * 86_400))
        package static let repeatInterval: ClosedRange<Duration> = .seconds(10)...(.seconds(30 * 86_400))
        package static let keepFiring: ClosedRange<Duration> = .zero...(.seconds(7 * 86_400))
        package static let staleness: ClosedRange<Duration> = .seconds(10)...(.seconds(7 * 86_400))
        package static let maximumSeries = 1...10_000
    }

    package let comparison: Comparison
    /// Finite.
    package let threshold: Double
    /// How long the comparison must hold before the alert begins; zero believes the first value.
    package let hold: Duration
    /// How often people are reminded of what goes on; nil for never.
    package let repeatInterval: Duration?
    /// How long the comparison must not hold before the alert ends; zero believes the first value.
    package let keepFiring: Duration
    package let noData: NoData
    /// How many series the rule looks at, and remembers.
    package let maximumSeries: Int
    /// After so long without an answer to the query, `hold` and `keepFiring` begin anew.
    ///
    /// Failures that last less do not count against the rule, as Prometheus itself looks back five minutes for a
    /// sample. Longer than two intervals of evaluation, or no `hold` ever passes.
    package private(set) var staleness: Duration

    /// Takes the settings.
    ///
    /// Throws `ThresholdRuleError` with the first that is out of its `Limits`, or a threshold that is not finite.
    package init(
        _ comparison: Comparison,
        _ threshold: Double,
        hold: Duration = .zero,
        repeatInterval: Duration? = nil,
        keepFiring: Duration = .zero,
        noData: NoData = .ignore,
        maximumSeries: Int = 1000,
        staleness: Duration = .seconds(300)
    ) throws(ThresholdRuleError) {
        guard threshold.isFinite else { throw .init(field: "threshold", reason: "must be a finite number") }
        try Self.check("hold", hold, Limits.hold)
        if let repeatInterval { try Self.check("repeat interval", repeatInterval, Limits.repeatInterval) }
        try Self.check("keep firing", keepFiring, Limits.keepFiring)
        try Self.check("staleness", staleness, Limits.staleness)
        guard Limits.maximumSeries.contains(maximumSeries) else {
            throw .init(field: "maximum series", reason: "must be from 1 to \(Limits.maximumSeries.upperBound)")
        }
        (self.comparison, self.threshold, self.hold) = (comparison, threshold, hold)
        (self.repeatInterval, self.keepFiring, self.noData) = (repeatInterval, keepFiring, noData)
        (self.maximumSeries, self.staleness) = (maximumSeries, staleness)
    }

    private static func check(
        _ field: String,
        _ value: Duration,
        _ limits: ClosedRange<Duration>
    ) throws(ThresholdRuleError) {
        guard !limits.contains(value) else { return }
        let reason = "must be from \(limits.lowerBound.text) to \(limits.upperBound.text)"
        throw ThresholdRuleError(field: field, reason: reason)
    }

    /// The same with another staleness, which is within its limits.
    func with(staleness: Duration) -> ThresholdRule {
        precondition(Limits.staleness.contains(staleness), "the staleness is within its limits")
        var rule = self
        rule.staleness = staleness
        return rule
    }

    /// Whether a value is one to alert about.
    package func isMet(by value: Double) -> Bool { comparison.holds(value, threshold) }
}

/// Which setting of a rule is out of its limits.
package struct ThresholdRuleError: Error, Sendable, Equatable, CustomStringConvertible {
    /// In words: `repeat interval`.
    package let field: String
    package let reason: String

    package var description: String { "\(field) \(reason)" }
}
