import Base

/// A day of the week, numbered as cron does: Sunday is 0.
package enum Weekday: Int, Sendable, CaseIterable {
    case sunday, monday, tuesday, wednesday, thursday, friday, saturday

    /// The weekday of the day that many days after 1970-01-01, a Thursday.
    init(daysSinceEpoch days: Int64) {
        let index = Int((days + 4).flooredDivision(by: 7).remainder)
        self = Weekday.allCases[index]
    }
}
