import Base

/// A cron expression: minute, hour, day of month, month, day of week.
///
/// Lists, ranges, steps and names as in crontab(5) of Debian. If both day fields are restricted, a day is due when it
/// is in one of them, otherwise when it is in both. A field that begins with `*` is not restricted.
package struct CronExpression: Sendable, Hashable, CustomStringConvertible {
    /// The longest text in bytes.
    package static let lengthLimit = 256
    /// Words that replace the five fields.
    package static let shorthands: [(word: String, fields: String)] = [
        ("@hourly", "0 * * * *"), ("@daily", "0 0 * * *"), ("@midnight", "0 0 * * *"), ("@weekly", "0 0 * * 0"),
        ("@monthly", "0 0 1 * *"), ("@yearly", "0 0 1 1 *"), ("@annually", "0 0 1 1 *"),
    ]

    /// The text without superfluous spaces.
    package let description: String
    // Sets of numbers as bit masks.
    let minutes: UInt64
    let hours: UInt64
    private let daysOfMonth: UInt64
    private let months: UInt64
    private let daysOfWeek: UInt64
    /// Whether a day must be in both sets of days, not only in one.
    private let needsBothDays: Bool
    /// Whether it runs whenever clocks show the time (any minute or hour), not a fixed number of times a day.
    let followsClock: Bool

    /// Parses five space-separated fields, or a shorthand.
    ///
    /// Throws `.tooLong`, `.unknownShorthand`, `.fieldCount` when there are not five fields, `.invalid` with the first
    /// invalid field, and `.neverFires` for days that no month has.
    package init(_ text: String) throws(CronError) {
        guard text.utf8.count <= Self.lengthLimit else { throw .tooLong }
        let words = text.split { $0 == " " || $0 == "\t" }
        var fields = words
        if words.count == 1, words[0].hasPrefix("@") {
            let word = words[0].lowercased()
            guard let known = Self.shorthands.first(where: { $0.word == word }) else {
                throw .unknownShorthand(String(words[0]))
            }
            fields = known.fields.split(separator: " ")
        }
        guard fields.count == 5 else { throw .fieldCount(fields.count) }
        description = words.joined(separator: " ")
        minutes = try CronField.minute.set(fields[0])
        hours = try CronField.hour.set(fields[1])
        daysOfMonth = try CronField.dayOfMonth.set(fields[2])
        months = try CronField.month.set(fields[3])
        daysOfWeek = try CronField.dayOfWeek.set(fields[4])
        needsBothDays = fields[2].hasPrefix("*") || fields[4].hasPrefix("*")
        followsClock = fields[0].hasPrefix("*") || fields[1].hasPrefix("*")
        guard canFire else { throw .neverFires }
    }

    /// Once on each of some weekdays; there must be at least one.
    init(on weekdays: Set<Weekday>, at time: TimeOfDay) {
        precondition(!weekdays.isEmpty, "a day is needed")
        let days = weekdays.map(\.rawValue).sorted()
        let list = days.map(String.init).joined(separator: ",")
        description = "\(time.minute) \(time.hour) * * \(list)"
        (minutes, hours) = (1 << UInt64(time.minute), 1 << UInt64(time.hour))
        (daysOfMonth, months, daysOfWeek) = (.max, .max, days.reduce(0) { $0 | 1 << UInt64($1) })
        (needsBothDays, followsClock) = (true, false)
    }

    /// In 400 years every date falls on every weekday, so only impossible dates matter.
    private var canFire: Bool {
        let lengths: [UInt64] = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
        return !needsBothDays
            || lengths.indices.contains { index in
                months & 1 << UInt64(index + 1) != 0 && daysOfMonth & ((2 << lengths[index]) - 2) != 0
            }
    }

    /// The due days of a month: bit 1 for the first.
    func days(year: Int, month: Int) -> UInt64 {
        guard months & 1 << UInt64(month) != 0,
            let first = CivilDate(year: year, month: month, day: 1)?.daysSinceEpoch
        else { return 0 }
        var weekday = Weekday(daysSinceEpoch: first).rawValue
        var days: UInt64 = 0
        for day in 1...Self.length(year: year, month: month) {
            let isInMonth = daysOfMonth & 1 << UInt64(day) != 0
            let isInWeek = daysOfWeek & 1 << UInt64(weekday) != 0
            if needsBothDays ? isInMonth && isInWeek : isInMonth || isInWeek { days |= 1 << UInt64(day) }
            weekday = weekday == 6 ? 0 : weekday + 1
        }
        return days
    }

    private static func length(year: Int, month: Int) -> Int {
        switch month {
        case 4, 6, 9, 11: 30
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        default: 31
        }
    }
}
