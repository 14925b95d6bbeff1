import Base

/// A local time of day to the minute: 00:00 to 23:59.
package struct TimeOfDay: Sendable, Hashable, CustomStringConvertible {
    /// 0 to 23.
    package let hour: Int
    /// 0 to 59.
    package let minute: Int

    /// nil when there is no such time.
    package init?(hour: Int, minute: Int) {
        guard (0..<24).contains(hour), (0..<60).contains(minute) else { return nil }
        (self.hour, self.minute) = (hour, minute)
    }

    /// Parses `02:30`; nil for every other form.
    package init?(text: String) {
        let bytes = Array(text.utf8)
        guard bytes.count == 5, bytes[2] == UInt8(ascii: ":"),
            [0, 1, 3, 4].allSatisfy({ bytes[$0] &- 48 <= 9 })
        else { return nil }
        let digits = bytes.map { Int($0) - 48 }
        self.init(hour: digits[0] * 10 + digits[1], minute: digits[3] * 10 + digits[4])
    }

    /// `02:30`.
    package var description: String {
        var bytes: [UInt8] = []
        bytes.append(decimal: hour, width: 2)
        bytes.append(UInt8(ascii: ":"))
        bytes.append(decimal: minute, width: 2)
        return String(decoding: bytes, as: UTF8.self)
    }
}
