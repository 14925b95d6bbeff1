import Domain

/// The text of Prometheus' query language.
package enum PromQL {
    /// The largest query text in bytes.
    package static let maximumText = AlertRule.queryLength

    /// A text as a string literal: `"a \"b\""`; no text can end the literal early.
    package static func quoted(_ text: String) -> String { SeriesKey.quoted(text) }

    /// A selector with label equality: `up{job="a"}`; the names must be the program's own, the values may be anything.
    package static func selector(_ metric: String, _ labels: [(name: String, value: String)]) -> String {
        precondition(SeriesKey.isMetricName(metric) && labels.allSatisfy { SeriesKey.isLabelName($0.name) })
        return "\(metric){\(labels.map { "\($0.name)=\(quoted($0.value))" }.joined(separator: ","))}"
    }
}
