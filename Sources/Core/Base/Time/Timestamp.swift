import CLinux

/// An instant of wall time: whole milliseconds since 1970-01-01T00:00:00Z, within the years 1 to 9999.
///
/// Readers (`init(exactMilliseconds:)`, `init(iso8601:)`) refuse instants outside of that range, and arithmetic
/// saturates at the bounds. So arithmetic never traps, and the text of every instant can be parsed again.
package struct Timestamp: Sendable, Hashable, Comparable {
    package let milliseconds: Int64

    /// The earliest instant: 0001-01-01T00:00:00.000Z.
    package static let distantPast = Timestamp(milliseconds: -62_135_596_800_000)
    /// The latest instant: 9999-12-31T23:59:59.999Z.
    package static let distantFuture = Timestamp(milliseconds: 253_402_300_799_999)
    private static let range = Int64(-62_135_596_800_000)...Int64(253_402_300_799_999)

    /// The instant, or the nearest bound.
    package init(milliseconds: Int64) {
        self.milliseconds = min(max(milliseconds, Self.range.lowerBound), Self.range.upperBound)
    }

    /// nil outside of the years 1 to 9999.
    package init?(exactMilliseconds milliseconds: Int64) {
        guard Self.range.contains(milliseconds) else { return nil }
        self.milliseconds = milliseconds
    }

    /// The current wall time of the system.
    package static var now: Timestamp { Timestamp(milliseconds: CLinux_wall_milliseconds()) }

    package static func < (left: Timestamp, right: Timestamp) -> Bool { left.milliseconds < right.milliseconds }
    /// Saturates at the bounds.
    package static func + (left: Timestamp, right: Duration) -> Timestamp {
        Timestamp(milliseconds: left.milliseconds.addingSaturated(right.wholeMilliseconds))
    }
    /// Saturates at the bounds.
    package static func - (left: Timestamp, right: Duration) -> Timestamp {
        Timestamp(milliseconds: left.milliseconds.subtractingSaturated(right.wholeMilliseconds))
    }
    package static func - (left: Timestamp, right: Timestamp) -> Duration {
        .milliseconds(left.milliseconds - right.milliseconds)
    }
}

extension Timestamp: CustomStringConvertible {
    /// UTC ISO 8601 with milliseconds: `2026-11-20T05:09:37.382Z`.
    package var description: String {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(24)
        append(to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Appends the text of `description` as ASCII.
    package func append(to bytes: inout [UInt8]) {
        let seconds = milliseconds.flooredDivision(by: 1000)
        let day = CivilDate(daysSinceEpoch: seconds.quotient.flooredDivision(by: 86_400).quotient)
        let second = Int(seconds.quotient.flooredDivision(by: 86_400).remainder)
        bytes.append(decimal: day.year, width: 4)
        bytes.append(UInt8(ascii: "-"))
        bytes.append(decimal: day.month, width: 2)
        bytes.append(UInt8(ascii: "-"))
        bytes.append(decimal: day.day, width: 2)
        bytes.append(UInt8(ascii: "T"))
        bytes.append(decimal: second / 3600, width: 2)
        bytes.append(UInt8(ascii: ":"))
        bytes.append(decimal: second / 60 % 60, width: 2)
        bytes.append(UInt8(ascii: ":"))
        bytes.append(decimal: second % 60, width: 2)
        bytes.append(UInt8(ascii: "."))
        bytes.append(decimal: Int(seconds.remainder), width: 3)
        bytes.append(UInt8(ascii: "Z"))
    }

    /// Reads ISO 8601: date, or date and time to the second or finer, with `Z` or a `±hh:mm` offset (none means UTC).
    ///
    /// nil when the text is anything else, names a day or time that does not exist, or an instant outside of the years
    /// 1 to 9999 in UTC.
    package init?(iso8601 text: String) {
        var reader = DigitReader(bytes: Array(text.utf8))
        guard let year = reader.digits(4), reader.skip("-"), let month = reader.digits(2), reader.skip("-"),
            let day = reader.digits(2), let days = CivilDate(year: year, month: month, day: day)?.daysSinceEpoch
        else { return nil }
        var total = days * 86_400_000
        if !reader.atEnd {
            guard reader.skip("T") || reader.skip("t") || reader.skip(" "), let hour = reader.digits(2), hour < 24,
                reader.skip(":"), let minute = reader.digits(2), minute < 60
            else { return nil }
            var second = 0
            if reader.skip(":") {
                guard let value = reader.digits(2), value < 60 else { return nil }
                second = value
            }
            total += Int64(hour * 3600 + minute * 60 + second) * 1000
            if reader.skip(".") {
                guard let fraction = reader.fractionMilliseconds() else { return nil }
                total += Int64(fraction)
            }
            guard let offset = reader.zoneOffsetMinutes() else { return nil }
            total -= Int64(offset) * 60_000
        }
        guard reader.atEnd else { return nil }
        self.init(exactMilliseconds: total)
    }
}

/// A cursor over ASCII digits and single separators.
private struct DigitReader {
    let bytes: [UInt8]
    var position = 0

    var atEnd: Bool { position == bytes.count }

    mutating func skip(_ character: Unicode.Scalar) -> Bool {
        guard position < bytes.count, bytes[position] == UInt8(ascii: character) else { return false }
        position += 1
        return true
    }

    mutating func digits(_ count: Int) -> Int? {
        guard position + count <= bytes.count else { return nil }
        var value = 0
        for byte in bytes[position..<position + count] {
            guard byte &- 48 <= 9 else { return nil }
            value = value * 10 + Int(byte - 48)
        }
        position += count
        return value
    }

    /// The digits after the point, truncated to milliseconds.
    mutating func fractionMilliseconds() -> Int? {
        var value = 0
        var count = 0
        while position < bytes.count, bytes[position] &- 48 <= 9 {
            if count < 3 { value = value * 10 + Int(bytes[position] - 48) }
            count += 1
            position += 1
        }
        guard (1...9).contains(count) else { return nil }
        for _ in min(count, 3)..<3 { value *= 10 }
        return value
    }

    mutating func zoneOffsetMinutes() -> Int? {
        if atEnd || skip("Z") || skip("z") { return 0 }
        let negative = skip("-")
        guard negative || skip("+"), let hours = digits(2), hours < 24 else { return nil }
        _ = skip(":")
        guard let minutes = digits(2), minutes < 60 else { return nil }
        return (hours * 60 + minutes) * (negative ? -1 : 1)
    }
}
