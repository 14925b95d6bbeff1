extension SeriesKey {
    /// The name that Prometheus keeps a metric's name under.
    package static let metricName = "__name__"

    /// Writes labels as Prometheus does: the metric's name in front where it can stand there, others in braces.
    static func text(_ labels: [Label]) -> String {
        let metric = labels.first { $0.name == metricName && isMetricName($0.value) }?.value
        let rest = labels.filter { metric == nil || $0.name != metricName }
        if let metric, rest.isEmpty { return metric }
        let pairs = rest.map { "\(isLabelName($0.name) ? $0.name : quoted($0.name))=\(quoted($0.value))" }
        return "\(metric ?? ""){\(pairs.joined(separator: ","))}"
    }

    /// The text in double quotes, with backslash escapes for what cannot stand there: a literal of PromQL.
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

    /// Whether a metric's name may stand unquoted: letters, digits, `_` and `:`, no digit first.
    package static func isMetricName(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.first.map { $0 &- 48 > 9 } == true
            && text.utf8.allSatisfy { isNameByte($0) || $0 == UInt8(ascii: ":") }
    }

    /// Whether a label's name may stand unquoted: letters, digits and `_`, no digit first.
    package static func isLabelName(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.first.map { $0 &- 48 > 9 } == true && text.utf8.allSatisfy(isNameByte)
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        byte &- 97 < 26 || byte &- 65 < 26 || byte &- 48 <= 9 || byte == UInt8(ascii: "_")
    }
}
