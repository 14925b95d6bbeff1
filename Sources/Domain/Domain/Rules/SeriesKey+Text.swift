extension SeriesKey {
    /// The label that holds a metric's name in Prometheus.
    package static let metricName = "__name__"

    /// Writes labels in Prometheus' syntax: the metric's name in front if possible, other labels in braces.
    static func text(_ labels: [Label]) -> String {
        let metric = labels.first { $0.name == metricName && isMetricName($0.value) }?.value
        let rest = labels.filter { metric == nil || $0.name != metricName }
        if let metric, rest.isEmpty { return metric }
        let pairs = rest.map { "\(isLabelName($0.name) ? $0.name : quoted($0.name))=\(quoted($0.value))" }
        return "\(metric ?? ""){\(pairs.joined(separator: ","))}"
    }

    /// The text as a PromQL string literal, with backslash escapes.
    package static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case "\t": result += "\\t"
            case "\0"..<" ", "\u{7F}"..<"\u{A0}", "\u{2028}", "\u{2029}":
                let digits = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }

    /// Whether a metric's name needs no quotes: letters, digits, `_` and `:`, not beginning with a digit.
    package static func isMetricName(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.first.map { $0 &- 48 > 9 } == true
            && text.utf8.allSatisfy { isNameByte($0) || $0 == UInt8(ascii: ":") }
    }

    /// Whether a label's name needs no quotes: letters, digits and `_`, not beginning with a digit.
    package static func isLabelName(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.first.map { $0 &- 48 > 9 } == true && text.utf8.allSatisfy(isNameByte)
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        byte &- 97 < 26 || byte &- 65 < 26 || byte &- 48 <= 9 || byte == UInt8(ascii: "_")
    }
}
