package import Base

/// A local date and time to the second; the corresponding instant depends on the time zone.
package struct LocalDateTime: Sendable, Hashable, Comparable {
    /// Seconds since 1970-01-01 00:00:00 in local time.
    let seconds: Int64

    init(seconds: Int64) { self.seconds = seconds }

    /// nil for an invalid time of day, or when the year is more than 290 million away.
    package init?(_ date: CivilDate, hour: Int = 0, minute: Int = 0, second: Int = 0) {
        guard (-290_000_000...290_000_000).contains(date.year), (0..<24).contains(hour), (0..<60).contains(minute),
            (0..<60).contains(second)
        else { return nil }
        seconds = date.daysSinceEpoch * 86_400 + Int64(hour * 3600 + minute * 60 + second)
    }

    package var date: CivilDate { CivilDate(daysSinceEpoch: days) }
    package var year: Int { date.year }
    /// 1 to 12.
    package var month: Int { date.month }
    /// 1 to 31.
    package var day: Int { date.day }
    package var weekday: Weekday { Weekday(daysSinceEpoch: days) }
    /// 0 to 23.
    package var hour: Int { secondOfDay / 3600 }
    /// 0 to 59.
    package var minute: Int { secondOfDay / 60 % 60 }
    /// 0 to 59.
    package var second: Int { secondOfDay % 60 }

    private var days: Int64 { seconds.flooredDivision(by: 86_400).quotient }
    private var secondOfDay: Int { Int(seconds.flooredDivision(by: 86_400).remainder) }

    package static func < (left: LocalDateTime, right: LocalDateTime) -> Bool { left.seconds < right.seconds }
}

extension LocalDateTime: CustomStringConvertible {
    /// ISO 8601 without a zone: `2026-03-29T02:30:00`.
    package var description: String {
        let date = date
        var bytes: [UInt8] = []
        bytes.append(decimal: date.year, width: 4)
        for (separator, value) in [("-", date.month), ("-", date.day), ("T", hour), (":", minute), (":", second)] {
            bytes.append(separator)
            bytes.append(decimal: value, width: 2)
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
