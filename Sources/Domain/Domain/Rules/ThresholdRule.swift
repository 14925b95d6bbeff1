import Base

/// The condition for an alert, and how long it takes to begin and end.
package struct ThresholdRule: Sendable, Equatable {
    /// What happens when a firing series, or all series, are missing or not a number.
    package enum NoData: String, Sendable, CaseIterable {
        /// Missing series count as resolved.
        case ignore
        /// Missing data of all series is an alert of its own; firing alerts continue meanwhile.
        case alert
        /// Firing alerts continue until the comparison no longer holds.
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

    package internal(set) var comparison: Comparison
    /// Finite.
    package internal(set) var threshold: Double
    /// How long the comparison must hold before the alert begins; zero believes the first value.
    package internal(set) var hold: Duration
    /// How often people are reminded of what goes on; nil for never.
    package internal(set) var repeatInterval: Duration?
    /// How long the comparison must not hold before the alert ends; zero believes the first value.
    package internal(set) var keepFiring: Duration
    package internal(set) var noData: NoData
    /// How many series the rule looks at, and remembers.
    package internal(set) var maximumSeries: Int
    /// After so long without an answer to the query, `hold` and `keepFiring` begin anew.
    ///
    /// Shorter failures do not matter, just as Prometheus itself looks back five minutes for a sample. It must be
    /// longer than two evaluation intervals, or no `hold` would ever pass.
    package private(set) var staleness: Duration

    /// Takes the settings.
    ///
    /// Throws `ThresholdRuleError` with the first setting outside of its `Limits`, or a threshold that is not finite.
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

    /// Above 0, at the defaults of a rule that people make.
    init() {
        (comparison, threshold, hold, repeatInterval) = (.greater, 0, .zero, AlertRule.defaultRepeat)
        (keepFiring, noData, maximumSeries, staleness) = (.zero, .ignore, 1000, .seconds(300))
    }

    /// The same rule, held to its limits; throws `ThresholdRuleError` with the first that it breaks.
    func checked() throws(ThresholdRuleError) -> ThresholdRule {
        try ThresholdRule(
            comparison,
            threshold,
            hold: hold,
            repeatInterval: repeatInterval,
            keepFiring: keepFiring,
            noData: noData,
            maximumSeries: maximumSeries,
            staleness: staleness
        )
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

    /// The same rule with another staleness, which must be within its limits.
    func with(staleness: Duration) -> ThresholdRule {
        precondition(Limits.staleness.contains(staleness), "the staleness is within its limits")
        var rule = self
        rule.staleness = staleness
        return rule
    }

    /// Whether a value meets the condition.
    package func isMet(by value: Double) -> Bool { comparison.holds(value, threshold) }
}

/// The setting of a rule that is outside of its limits.
package struct ThresholdRuleError: Error, Sendable, Equatable, CustomStringConvertible {
    /// In words: `repeat interval`.
    package let field: String
    package let reason: String

    package var description: String { "\(field) \(reason)" }
}
