extension MetricsRegistry {
    /// The Prometheus text exposition format 0.0.4, families by name.
    package func prometheusText() -> String {
        let families = families.withLock { $0 }
        var text = ""
        for (name, family) in families.sorted(by: { $0.key < $1.key }) {
            text += "# HELP \(name) \(PrometheusText.escapedHelp(family.help))\n# TYPE \(name) \(family.kind)\n"
            for series in family.series.sorted(by: { $0.key < $1.key }) {
                switch series.instrument {
                case .counter(let counter): text += "\(name)\(series.key) \(counter.value)\n"
                case .gauge(let gauge): text += "\(name)\(series.key) \(PrometheusText.number(gauge.value))\n"
                case .computed(let value): text += "\(name)\(series.key) \(PrometheusText.number(value()))\n"
                case .histogram(let histogram): text += PrometheusText.lines(name, series.labels, histogram)
                }
            }
        }
        return text
    }
}

/// The pieces of the Prometheus text format.
enum PrometheusText {
    /// `{a="1",b="2"}`, or nothing without labels; backslash, quote and line feed escaped.
    static func labels(_ labels: MetricsRegistry.Labels) -> String {
        guard !labels.isEmpty else { return "" }
        let pairs = labels.map { label in
            var value = ""
            for character in label.value.unicodeScalars {
                switch character {
                case "\\": value += "\\\\"
                case "\"": value += "\\\""
                case "\n": value += "\\n"
                default: value.unicodeScalars.append(character)
                }
            }
            return "\(label.name)=\"\(value)\""
        }
        return "{\(pairs.joined(separator: ","))}"
    }

    static func escapedHelp(_ help: String) -> String {
        help.split(separator: "\\", omittingEmptySubsequences: false).joined(separator: "\\\\")
            .split(separator: "\n", omittingEmptySubsequences: false).joined(separator: "\\n")
    }

    /// Integers without a decimal point; infinities and NaN as the format spells them.
    static func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
        if value == value.rounded(), abs(value) < 1e15 { return "\(Int64(value))" }
        return "\(value)"
    }

    static func lines(_ name: String, _ labels: MetricsRegistry.Labels, _ histogram: Histogram) -> String {
        let (counts, sum) = histogram.snapshot
        var text = ""
        var total: UInt64 = 0
        for (index, count) in counts.enumerated() {
            total += count
            let bound = index < histogram.bounds.count ? number(histogram.bounds[index]) : "+Inf"
            text += "\(name)_bucket\(self.labels(labels + [("le", bound)])) \(total)\n"
        }
        text += "\(name)_sum\(self.labels(labels)) \(number(sum))\n"
        text += "\(name)_count\(self.labels(labels)) \(total)\n"
        return text
    }
}
