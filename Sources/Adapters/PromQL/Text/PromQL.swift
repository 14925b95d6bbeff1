import Domain

/// The text of Prometheus' query language.
package enum PromQL {
    /// The most bytes of a query's text that are accepted.
    package static let maximumText = 8192

    /// A text as a literal: `"a \"b\""`; whatever the text, it cannot end the literal.
    package static func quoted(_ text: String) -> String { SeriesKey.quoted(text) }

    /// A metric's selector with equal labels: `up{job="a"}`; the names are the program's own, the values anyone's.
    package static func selector(_ metric: String, _ labels: [(name: String, value: String)]) -> String {
        precondition(SeriesKey.isMetricName(metric) && labels.allSatisfy { SeriesKey.isLabelName($0.name) })
        return "\(metric){\(labels.map { "\($0.name)=\(quoted($0.value))" }.joined(separator: ","))}"
    }
}
