package import Base

/// An action that follows from one evaluation of a rule.
package enum RuleAction: Sendable, Equatable {
    /// Why an alert is over.
    package enum Resolution: String, Sendable, CaseIterable {
        /// The comparison no longer holds.
        case recovered
        /// The series has disappeared, but others exist.
        case vanished
        /// There is nothing to compare: no series, or no number.
        case noData
        /// The rule's query was changed, or the rule was paused or deleted.
        case ruleChanged
    }

    /// The comparison holds; an alert follows if it continues to hold.
    case pending(SeriesKey)
    /// An alert begins; the comparison has held since then.
    case triggered(SeriesKey, value: Double, since: Timestamp)
    /// An alert is over; its last value, if there is one.
    case resolved(SeriesKey, value: Double?, Resolution)
    /// An alert continues, and a reminder is due.
    case repeated(SeriesKey, value: Double)
    /// The query fails now; the known state stays.
    case unreachable(QueryError)
    /// The query works again.
    case reachable
    /// The query works but returns nothing, which the rule treats as an alert; since when.
    case noData(since: Timestamp)
    /// The alert about missing data continues.
    case noDataRepeated
    /// The alert about missing data is over: `recovered` or `ruleChanged`.
    case dataBack(Resolution)
    /// There are more series than the rule handles; the others are ignored.
    case overflow(count: Int)
    /// The series' value cannot be compared.
    case notANumber(SeriesKey)
}
