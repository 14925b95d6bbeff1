extension Duration {
    /// Whole milliseconds, truncated towards zero and saturated to 64 bits.
    package var wholeMilliseconds: Int64 {
        let (seconds, attoseconds) = components
        return seconds.multipliedSaturated(by: 1000).addingSaturated(attoseconds / 1_000_000_000_000_000)
    }

    /// Whole microseconds, truncated towards zero and saturated to 64 bits.
    package var wholeMicroseconds: Int64 {
        let (seconds, attoseconds) = components
        return seconds.multipliedSaturated(by: 1_000_000).addingSaturated(attoseconds / 1_000_000_000_000)
    }

    /// Whole nanoseconds, truncated towards zero and saturated to 64 bits (292 years).
    package var wholeNanoseconds: Int64 {
        let (seconds, attoseconds) = components
        return seconds.multipliedSaturated(by: 1_000_000_000).addingSaturated(attoseconds / 1_000_000_000)
    }

    /// The length in seconds.
    package var inSeconds: Double {
        let nanoseconds = wholeNanoseconds
        return nanoseconds == .max || nanoseconds == .min ? Double(components.seconds) : Double(nanoseconds) / 1e9
    }

    /// Reads "90", "90s", "1m30s", "500ms", "2h", "7d"; a bare number is seconds.
    ///
    /// nil for anything else, a negative length or one over 100 years.
    package init?(text: String) {
        if let seconds = Int64(text), (0...3_155_760_000).contains(seconds) {
            self = .seconds(seconds)
            return
        }
        let units: [(suffix: String, milliseconds: Int64)] = [
            ("ms", 1), ("s", 1000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000),
        ]
        var total: Int64 = 0
        var rest = Substring(text)
        guard !rest.isEmpty else { return nil }
        while !rest.isEmpty {
            let digits = rest.prefix { $0.isASCII && $0.isNumber }
            guard digits.count <= 12, let value = Int64(digits) else { return nil }
            rest = rest.dropFirst(digits.count)
            let word = rest.prefix { $0.isLetter }
            guard let unit = units.first(where: { $0.suffix == word }) else { return nil }
            rest = rest.dropFirst(word.count)
            let (product, overflow) = value.multipliedReportingOverflow(by: unit.milliseconds)
            guard !overflow else { return nil }
            total += product
            guard total <= 3_155_760_000_000 else { return nil }
        }
        self = .milliseconds(total)
    }

    /// The shortest text that `init(text:)` parses to the same milliseconds: "1m30s".
    package var text: String {
        var left = wholeMilliseconds
        guard left > 0 else { return "0s" }
        var text = ""
        for (suffix, size) in [("d", Int64(86_400_000)), ("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1)] {
            let (count, remainder) = left.quotientAndRemainder(dividingBy: size)
            if count > 0 { text += "\(count)\(suffix)" }
            left = remainder
        }
        return text
    }
}
