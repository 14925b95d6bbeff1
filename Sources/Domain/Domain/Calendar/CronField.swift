/// One of the five fields of a cron expression.
package enum CronField: Sendable, CaseIterable {
    case minute, hour, dayOfMonth, month, dayOfWeek

    /// `day of month`.
    package var name: String {
        switch self {
        case .minute: "minute"
        case .hour: "hour"
        case .dayOfMonth: "day of month"
        case .month: "month"
        case .dayOfWeek: "day of week"
        }
    }

    /// The accepted numbers; 0 and 7 are both Sunday.
    package var range: ClosedRange<Int> {
        switch self {
        case .minute: 0...59
        case .hour: 0...23
        case .dayOfMonth: 1...31
        case .month: 1...12
        case .dayOfWeek: 0...7
        }
    }

    /// Three-letter names for the numbers from the first on; empty for fields without names.
    private var names: [String] {
        switch self {
        case .minute, .hour, .dayOfMonth: []
        case .month: ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
        case .dayOfWeek: ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]
        }
    }

    private var valueExpected: String {
        let numbers = "a number from \(range.lowerBound) to \(range.upperBound)"
        guard let first = names.first, let last = names.last else { return numbers }
        return "\(numbers) or a name from \(first) to \(last)"
    }

    /// Parses a list such as `1,5-10,*/15` into a bit mask, bit 5 for the number 5.
    ///
    /// Sunday is bit 0 only.
    func set(_ text: Substring) throws(CronError) -> UInt64 {
        var set: UInt64 = 0
        for element in text.split(separator: ",", omittingEmptySubsequences: false) {
            set |= try self.element(element)
        }
        if self == .dayOfWeek, set & 1 << 7 != 0 { set = set & 0x7F | 1 }
        return set
    }

    private func element(_ text: Substring) throws(CronError) -> UInt64 {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        let bounds = parts[0].split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
        let numbers: ClosedRange<Int>
        if parts[0] == "*" {
            numbers = range
        } else {
            let low = try value(bounds[0])
            let high = bounds.count == 2 ? try value(bounds[1]) : low
            guard low <= high else {
                throw .invalid(field: self, text: String(parts[0]), expected: "a range that ends after it begins")
            }
            numbers = low...high
        }
        guard parts.count == 2 else { return bits(numbers, step: 1) }
        guard parts[0] == "*" || bounds.count == 2 else {
            throw .invalid(field: self, text: String(text), expected: "a step after * or a range: */5, 10-30/5")
        }
        // A step larger than the range is a mistake, because it would have no effect.
        let longest = self == .dayOfWeek ? 7 : range.count
        guard let step = number(parts[1]), (1...longest).contains(step) else {
            throw .invalid(field: self, text: String(text), expected: "a step from 1 to \(longest)")
        }
        return bits(numbers, step: step)
    }

    private func value(_ text: Substring) throws(CronError) -> Int {
        if let value = number(text), range.contains(value) { return value }
        if let index = names.firstIndex(of: text.lowercased()) { return index + range.lowerBound }
        throw .invalid(field: self, text: String(text), expected: valueExpected)
    }

    private func number(_ text: Substring) -> Int? {
        guard (1...4).contains(text.utf8.count), text.utf8.allSatisfy({ $0 &- 48 <= 9 }) else { return nil }
        return Int(text)
    }

    private func bits(_ numbers: ClosedRange<Int>, step: Int) -> UInt64 {
        stride(from: numbers.lowerBound, through: numbers.upperBound, by: step).reduce(0) { $0 | 1 << UInt64($1) }
    }
}
