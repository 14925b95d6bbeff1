import Base

/// The rules of a zone for all years, as the TZ variable of POSIX gives them: `CET-1CEST,M3.5.0,M10.5.0/3`.
struct PosixZone: Sendable, Hashable {
    /// When the offset changes each year.
    struct Daylight: Sendable, Hashable {
        /// Seconds east of UTC; may be less than the standard offset.
        let offset: Int
        let begins: Rule
        let ends: Rule
    }

    /// A day of each year and a time from its midnight on.
    struct Rule: Sendable, Hashable {
        enum Day: Sendable, Hashable {
            /// 1 to 365; 29 February is never counted.
            case withoutLeapDay(Int)
            /// 0 to 365; 29 February is counted.
            case ofYear(Int)
            /// Week 1 to 5, of which 5 is the last; weekday 0 is Sunday.
            case weekday(month: Int, week: Int, weekday: Int)
        }

        let day: Day
        /// Seconds, -167 to 167 hours.
        let time: Int

        /// Seconds from 1970 to the rule's time in a year, both in local time.
        func second(in year: Int) -> Int64 {
            let first = Self.days(year, 1)
            let isLeap = Self.days(year, 3) - first == 60
            let days =
                switch day {
                case .withoutLeapDay(let number): first + Int64(number - 1) + (isLeap && number >= 60 ? 1 : 0)
                case .ofYear(let number): first + Int64(number)
                case .weekday(let month, let week, let weekday): Self.day(year, month, week: week, weekday)
                }
            return days * 86_400 + Int64(time)
        }

        private static func day(_ year: Int, _ month: Int, week: Int, _ weekday: Int) -> Int64 {
            let first = days(year, month)
            let next = month == 12 ? days(year + 1, 1) : days(year, month + 1)
            let ahead = (weekday - Weekday(daysSinceEpoch: first).rawValue + 7) % 7
            let day = first + Int64(ahead + (week - 1) * 7)
            return day < next ? day : day - 7
        }

        /// Days from 1970-01-01 to the first of a month.
        private static func days(_ year: Int, _ month: Int) -> Int64 {
            CivilDate(year: year, month: month, day: 1)?.daysSinceEpoch ?? 0
        }
    }

    /// Seconds east of UTC.
    let standard: Int
    let daylight: Daylight?

    /// Every offset that ever applies.
    var offsets: [Int] { [standard] + (daylight.map { [$0.offset] } ?? []) }

    /// The offset at a second since 1970, in seconds east of UTC.
    func offset(at second: Int64) -> Int {
        guard let daylight else { return standard }
        return changes(near: second, daylight).last { $0.second <= second }?.offset ?? standard
    }

    /// The first offset change after a second since 1970; nil when there is none.
    func change(after second: Int64) -> OffsetChange? {
        guard let daylight else { return nil }
        var before = offset(at: second)
        for change in changes(near: second, daylight) where change.second > second {
            if change.offset != before {
                return OffsetChange(second: change.second, before: before, after: change.offset)
            }
            before = change.offset
        }
        return nil
    }

    /// The offset changes from the year before last to the year after next, ascending.
    ///
    /// When one period ends at the second at which the other begins, only the latter counts: permanent daylight time is
    /// written as a period that ends just when it begins again.
    private func changes(near second: Int64, _ daylight: Daylight) -> [(second: Int64, offset: Int)] {
        let year = CivilDate(daysSinceEpoch: second.flooredDivision(by: 86_400).quotient).year
        var changes: [(second: Int64, offset: Int, rank: Int)] = []
        for year in year - 2...year + 2 {
            changes.append((daylight.ends.second(in: year) - Int64(daylight.offset), standard, 0))
            changes.append((daylight.begins.second(in: year) - Int64(standard), daylight.offset, 1))
        }
        changes.sort { ($0.second, $0.rank) < ($1.second, $1.rank) }
        return changes.indices
            .filter { $0 + 1 == changes.count || changes[$0].second != changes[$0 + 1].second }
            .map { (changes[$0].second, changes[$0].offset) }
    }
}
