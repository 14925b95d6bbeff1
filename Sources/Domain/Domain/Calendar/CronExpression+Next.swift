package import Base

extension CronExpression {
    /// How far ahead is looked: 29 February on one weekday comes once in 40 years at the least.
    private static let horizon: Int64 = 100 * 366 * 86_400

    /// The first instant after `time` at which it is due in a zone; nil when that is over 100 years away.
    ///
    /// Where clocks change, as Debian's cron does. A time that clocks skip is made up for when they have skipped it
    /// (unless they skip over three hours), and a time that comes twice counts once; an expression that begins its
    /// minute or hour with `*` is due whenever clocks show it. Also nil after the year 9999.
    package func next(after time: Timestamp, in zone: TimeZoneRules) -> Timestamp? {
        let start = time.wholeSeconds + 1
        let second = followsClock ? nextByClock(from: start, in: zone) : nextPlanned(from: start, in: zone)
        return second.flatMap { Timestamp(exactMilliseconds: $0 * 1000) }
    }

    /// Goes from one change of the clocks to the next: between two of them they run evenly.
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

    /// Goes from one local time to the next; the instants planned for them are in the same order.
    private func nextPlanned(from start: Int64, in zone: TimeZoneRules) -> Int64? {
        // By the clock of the second before: at the end of a gap, what was in it is due.
        var local = start + Int64(zone.offset(at: start - 1))
        let limit = local + Self.horizon
        while let next = nextLocal(from: local, before: limit) {
            if let second = zone.second(plannedFor: next), second >= start { return second }
            local = next + 60
        }
        return nil
    }

    /// The first minute of local time that is due from a second on and before another.
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

    /// The first minute of a day that is due, counted from midnight, not before another.
    private func nextMinute(of start: Int) -> Int? {
        let (hour, minute) = start.quotientAndRemainder(dividingBy: 60)
        if hours & 1 << UInt64(hour) != 0, let next = minutes.nextBit(minute) { return hour * 60 + next }
        return hours.nextBit(hour + 1).map { $0 * 60 + minutes.trailingZeroBitCount }
    }
}

extension UInt64 {
    /// The lowest bit that is set, not below one.
    fileprivate func nextBit(_ start: Int) -> Int? {
        let left = (self >> UInt64(start)) << UInt64(start)
        return left == 0 ? nil : left.trailingZeroBitCount
    }
}
