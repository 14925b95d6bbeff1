package import Base

extension CronExpression {
    /// How far ahead to search: 29 February on a given weekday occurs at least once in 40 years.
    private static let horizon: Int64 = 100 * 366 * 86_400

    /// The first due instant after `time` in a zone; nil when it is over 100 years away.
    ///
    /// Clock changes are handled as in Debian's cron. A time in a gap runs at the end of the gap (unless the gap is
    /// over three hours), and a repeated time runs once. An expression whose minute or hour begins with `*` runs
    /// whenever clocks show the time. Also nil after the year 9999.
    package func next(after time: Timestamp, in zone: TimeZoneRules) -> Timestamp? {
        let start = time.wholeSeconds + 1
        let second = followsClock ? nextByClock(from: start, in: zone) : nextPlanned(from: start, in: zone)
        return second.flatMap { Timestamp(exactMilliseconds: $0 * 1000) }
    }

    /// Steps from one clock change to the next: in between, clocks run evenly.
    private func nextByClock(from start: Int64, in zone: TimeZoneRules) -> Int64? {
        let limit = start + Self.horizon
        var start = start
        while start < limit {
            let offset = Int64(zone.offset(at: start))
            let end = min(zone.change(after: start)?.second ?? limit, limit)
            if let local = nextLocal(from: start + offset, before: end + offset) { return local - offset }
            start = end
        }
        return nil
    }

    /// Steps from one local time to the next; their planned instants are in the same order.
    private func nextPlanned(from start: Int64, in zone: TimeZoneRules) -> Int64? {
        // Uses the offset of the second before: at the end of a gap, times inside the gap are due.
        var local = start + Int64(zone.offset(at: start - 1))
        let limit = local + Self.horizon
        while let next = nextLocal(from: local, before: limit) {
            if let second = zone.second(plannedFor: next), second >= start { return second }
            local = next + 60
        }
        return nil
    }

    /// The first due minute of local time in `start..<end`.
    private func nextLocal(from start: Int64, before end: Int64) -> Int64? {
        let minute = (start + 59).flooredDivision(by: 60).quotient
        let (today, minuteOfDay) = minute.flooredDivision(by: 1440)
        let (date, last) = (
            CivilDate(daysSinceEpoch: today), CivilDate(daysSinceEpoch: end.flooredDivision(by: 86_400).quotient)
        )
        var (year, month) = (date.year, date.month)
        var left = (days(year: year, month: month) >> UInt64(date.day)) << UInt64(date.day)
        if left & 1 << UInt64(date.day) != 0 {
            if let next = nextMinute(of: Int(minuteOfDay)) { return within(end, today, next) }
            left &= left - 1
        }
        while left == 0 {
            (year, month) = month == 12 ? (year + 1, 1) : (year, month + 1)
            guard (year, month) <= (last.year, last.month) else { return nil }
            left = days(year: year, month: month)
        }
        guard let day = CivilDate(year: year, month: month, day: left.trailingZeroBitCount),
            let next = nextMinute(of: 0)
        else { return nil }
        return within(end, day.daysSinceEpoch, next)
    }

    private func within(_ end: Int64, _ day: Int64, _ minute: Int) -> Int64? {
        let second = day * 86_400 + Int64(minute) * 60
        return second < end ? second : nil
    }

    /// The first due minute of a day, counted from midnight, not before `start`.
    private func nextMinute(of start: Int) -> Int? {
        let (hour, minute) = start.quotientAndRemainder(dividingBy: 60)
        if hours & 1 << UInt64(hour) != 0, let next = minutes.nextBit(minute) { return hour * 60 + next }
        return hours.nextBit(hour + 1).map { $0 * 60 + minutes.trailingZeroBitCount }
    }
}

extension UInt64 {
    /// The lowest set bit that is not below `start`.
    fileprivate func nextBit(_ start: Int) -> Int? {
        let left = (self >> UInt64(start)) << UInt64(start)
        return left == 0 ? nil : left.trailingZeroBitCount
    }
}
