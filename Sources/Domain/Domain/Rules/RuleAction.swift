package import Base

/// What follows from one evaluation of a rule.
package enum RuleAction: Sendable, Equatable {
    /// Why an alert is over.
    package enum Resolution: String, Sendable, CaseIterable {
        /// The comparison does not hold any more.
        case recovered
        /// The series is gone, others are there.
        case vanished
        /// There is nothing to compare: no series at all, or no number.
        case noData
        /// The rule asks for something else now, or for nothing.
        case ruleChanged
    }

    /// The comparison holds; an alert follows if it goes on.
    case pending(SeriesKey)
    /// An alert begins; the comparison holds since then.
    case triggered(SeriesKey, value: Double, since: Timestamp)
    /// An alert is over; there may be no value to show.
    case resolved(SeriesKey, value: Double?, Resolution)
    /// An alert goes on, and people want to be reminded.
    case repeated(SeriesKey, value: Double)
    /// The query does not work any more; what is known stays.
    case unreachable(QueryFailure)
    /// The query works again.
    case reachable
    /// The query works and gives nothing, which is an alert by the rule's policy; since then.
    case noData(since: Timestamp)
    /// The alert about missing data goes on.
    case noDataRepeated
    /// The alert about missing data is over: `recovered` or `ruleChanged`.
    case dataBack(Resolution)
    /// There are so many series, more than the rule may look at; the others are not looked at.
    case overflow(count: Int)
    /// The series' value cannot be compared.
    case notANumber(SeriesKey)
}
