extension PosixZone {
    /// Parses the footer of a zone file (RFC 8536 §3.3.1), with times from -167 to 167 hours.
    init(_ text: ArraySlice<UInt8>) throws(TimeZoneError) {
        guard text.count <= 256, let zone = Self.read(text) else {
            throw .malformed("its footer is no rule of POSIX's TZ variable")
        }
        self = zone
    }

    private static func read(_ text: ArraySlice<UInt8>) -> PosixZone? {
        var reader = PosixZoneReader(text: text)
        guard reader.name(), let west = reader.time(hours: 24) else { return nil }
        let standard = -west
        if reader.isAtEnd { return PosixZone(standard: standard, daylight: nil) }
        guard reader.name() else { return nil }
        var offset = standard + 3600
        if !reader.isNext(",") {
            guard let west = reader.time(hours: 24) else { return nil }
            offset = -west
        }
        guard let begins = reader.rule(), let ends = reader.rule(), reader.isAtEnd else { return nil }
        return PosixZone(standard: standard, daylight: Daylight(offset: offset, begins: begins, ends: ends))
    }
}

/// A cursor over a TZ text; each function consumes a part, or returns nil or false when it is not there.
private struct PosixZoneReader {
    var text: ArraySlice<UInt8>

    var isAtEnd: Bool { text.isEmpty }

    func isNext(_ character: Unicode.Scalar) -> Bool { text.first == UInt8(ascii: character) }

    mutating func skip(_ character: Unicode.Scalar) -> Bool {
        guard isNext(character) else { return false }
        text.removeFirst()
        return true
    }

    /// `CEST` or `<+0330>`, at least three characters.
    mutating func name() -> Bool {
        let isQuoted = skip("<")
        let name = text.prefix { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "-"): isQuoted
            default: false
            }
        }
        text = text.dropFirst(name.count)
        return name.count >= 3 && (!isQuoted || skip(">"))
    }

    /// An unsigned number of up to three digits within bounds.
    mutating func number(_ bounds: ClosedRange<Int>) -> Int? {
        let digits = text.prefix { $0 &- 48 <= 9 }
        guard (1...3).contains(digits.count) else { return nil }
        text = text.dropFirst(digits.count)
        let value = digits.reduce(0) { $0 * 10 + Int($1 - 48) }
        return bounds.contains(value) ? value : nil
    }

    /// `[+-]hh[:mm[:ss]]` in seconds.
    mutating func time(hours: Int) -> Int? {
        let isNegative = skip("-")
        if !isNegative { _ = skip("+") }
        guard let hour = number(0...hours) else { return nil }
        var seconds = hour * 3600
        if skip(":") {
            guard let minute = number(0...59) else { return nil }
            seconds += minute * 60
            if skip(":") {
                guard let second = number(0...59) else { return nil }
                seconds += second
            }
        }
        return isNegative ? -seconds : seconds
    }

    /// A comma, a day and, unless it is 02:00:00, a time.
    mutating func rule() -> PosixZone.Rule? {
        guard skip(","), let day = day() else { return nil }
        guard skip("/") else { return PosixZone.Rule(day: day, time: 7200) }
        return time(hours: 167).map { PosixZone.Rule(day: day, time: $0) }
    }

    private mutating func day() -> PosixZone.Rule.Day? {
        if skip("J") { return number(1...365).map { .withoutLeapDay($0) } }
        guard skip("M") else { return number(0...365).map { .ofYear($0) } }
        guard let month = number(1...12), skip("."), let week = number(1...5), skip("."), let weekday = number(0...6)
        else { return nil }
        return .weekday(month: month, week: week, weekday: weekday)
    }
}
