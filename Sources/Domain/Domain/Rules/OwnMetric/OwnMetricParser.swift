import Base

/// Why a text is not a metric, and where.
package struct OwnMetricError: Error, Sendable, Equatable, CustomStringConvertible {
    /// From 1, in Unicode scalars.
    package let column: Int
    package let reason: String
    /// What was probably meant.
    package let suggestion: String?

    package var description: String {
        "column \(column): \(reason)" + (suggestion.map { "; did you mean \"\($0)\"?" } ?? "")
    }
}

extension OwnMetric {
    /// The longest text of a metric in bytes.
    package static let maximumText = 1024

    /// Parses `name(window)` or `certificate_days`, followed by an optional selector:
    /// `{tag="shop",monitor="12",name="Shop"}`.
    ///
    /// Spaces may stand between the parts. `tag` may be repeated; the others may not.
    ///
    /// Throws `OwnMetricError` with the first invalid column, the reason, and a suggestion.
    package init(parsing text: String) throws(OwnMetricError) {
        guard text.utf8.count <= Self.maximumText else {
            throw OwnMetricError(column: 1, reason: "longer than \(Self.maximumText) bytes", suggestion: nil)
        }
        var parser = OwnMetricParser(text)
        self = try parser.metric()
    }
}

/// A cursor over a metric's text.
private struct OwnMetricParser {
    let scalars: [Unicode.Scalar]
    var position = 0

    init(_ text: String) { scalars = Array(text.unicodeScalars) }

    mutating func metric() throws(OwnMetricError) -> OwnMetric {
        skipSpaces()
        let start = position
        let name = word()
        guard !name.isEmpty else { throw error("expected the name of a metric") }
        guard let function = OwnMetric.Function(name: name) else {
            let suggestion = Suggestion.nearest(to: name, among: OwnMetric.Function.known.map(\.name))
            throw error("unknown metric \(SeriesKey.quoted(String(name.prefix(40))))", at: start, suggestion)
        }
        let window = try window(of: function)
        let selector = try selector()
        guard position == scalars.count else { throw error("unexpected text after the metric") }
        return OwnMetric(function, window: window, selector)
    }

    private mutating func window(of function: OwnMetric.Function) throws(OwnMetricError) -> Duration {
        skipSpaces()
        let start = position
        guard take("(") else {
            if function == .certificateDays { return OwnMetric.certificateLookback }
            throw error("expected a time window in parentheses", suggestion: "\(function.name)(5m)")
        }
        if function == .certificateDays { throw error("certificate_days has no time window", at: start) }
        skipSpaces()
        let textStart = position
        let text = word()
        guard !text.isEmpty, let window = Duration(text: text), Int(text) == nil else {
            throw error("expected a time window such as 30s, 5m or 1h", at: textStart)
        }
        guard OwnMetric.windows.contains(window) else {
            let bounds = "\(OwnMetric.windows.lowerBound.text) to \(OwnMetric.windows.upperBound.text)"
            throw error("the time window must be from \(bounds)", at: textStart)
        }
        skipSpaces()
        guard take(")") else { throw error("expected \")\"") }
        return window
    }

    private mutating func selector() throws(OwnMetricError) -> OwnMetric.Selector {
        var selector = OwnMetric.Selector()
        skipSpaces()
        let start = position
        guard take("{") else { return selector }
        skipSpaces()
        if take("}") { throw error("an empty selector; leave it out", at: start) }
        while true {
            try term(into: &selector)
            skipSpaces()
            if take("}") { break }
            guard take(",") else { throw error("expected \",\" or \"}\"") }
        }
        skipSpaces()
        return selector
    }

    private mutating func term(into selector: inout OwnMetric.Selector) throws(OwnMetricError) {
        skipSpaces()
        let start = position
        let label = word()
        guard !label.isEmpty else { throw error("expected tag, monitor or name") }
        guard ["tag", "monitor", "name"].contains(label) else {
            let suggestion = Suggestion.nearest(to: label, among: ["tag", "monitor", "name"])
            throw error("unknown label \(SeriesKey.quoted(String(label.prefix(40))))", at: start, suggestion)
        }
        skipSpaces()
        guard take("=") else { throw error("expected \"=\"") }
        skipSpaces()
        let valueStart = position
        let value = try string()
        guard !value.isEmpty else { throw error("an empty value", at: valueStart) }
        switch label {
        case "tag": selector.tags = Set(selector.tags + [value]).sorted()
        case "name" where selector.name == nil: selector.name = value
        case "monitor" where selector.monitor == nil:
            guard let number = Int64(value), number > 0, value == "\(number)" else {
                throw error("a monitor is a positive number", at: valueStart)
            }
            selector.monitor = MonitorID(rawValue: number)
        default: throw error("\(label) stands twice", at: start)
        }
    }

    private mutating func string() throws(OwnMetricError) -> String {
        let start = position
        guard take("\"") else { throw error("expected a value in double quotes") }
        var text = String.UnicodeScalarView()
        while position < scalars.count {
            let scalar = scalars[position]
            position += 1
            if scalar == "\"" { return String(text) }
            text.append(scalar == "\\" ? try escape() : scalar)
        }
        throw error("a value does not end", at: start)
    }

    private mutating func escape() throws(OwnMetricError) -> Unicode.Scalar {
        let start = position - 1
        guard position < scalars.count else { throw error("a value does not end", at: start) }
        position += 1
        switch scalars[position - 1] {
        case "\"": return "\""
        case "\\": return "\\"
        case "n": return "\n"
        case "r": return "\r"
        case "t": return "\t"
        case "u":
            let digits = String(String.UnicodeScalarView(scalars[position...].prefix(4)))
            guard digits.utf8.count == 4, digits.allSatisfy(\.isHexDigit), let value = UInt32(digits, radix: 16),
                let scalar = Unicode.Scalar(value)
            else { throw error("expected four hexadecimal digits after \\u", at: start) }
            position += 4
            return scalar
        default: throw error("an unknown escape", at: start)
        }
    }

    private mutating func word() -> String {
        let start = position
        while position < scalars.count, scalars[position].isWordPart { position += 1 }
        return String(String.UnicodeScalarView(scalars[start..<position]))
    }

    private mutating func skipSpaces() {
        while position < scalars.count, scalars[position] == " " || scalars[position] == "\t" { position += 1 }
    }

    private mutating func take(_ scalar: Unicode.Scalar) -> Bool {
        guard position < scalars.count, scalars[position] == scalar else { return false }
        position += 1
        return true
    }

    private func error(_ reason: String, at offset: Int? = nil, _ suggestion: String? = nil) -> OwnMetricError {
        OwnMetricError(column: (offset ?? position) + 1, reason: reason, suggestion: suggestion)
    }
    private func error(_ reason: String, suggestion: String) -> OwnMetricError { error(reason, at: nil, suggestion) }
}

extension Unicode.Scalar {
    fileprivate var isWordPart: Bool {
        isASCII && (properties.isAlphabetic || self == "_" || ("0"..."9").contains(self))
    }
}
