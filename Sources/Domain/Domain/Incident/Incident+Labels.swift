extension Incident {
    /// The labels of an incident for matchers.
    package var labels: [String: [String]] {
        var labels = [
            "id": ["\(id)"], "kind": [kind.rawValue], "name": [subject], "severity": [severity.rawValue],
            "url": [target],
        ]
        let series = tags.filter { $0.hasPrefix(Self.seriesPrefix) }
        for pair in series.compactMap({ Self.seriesLabel($0) }) { labels[pair.name] = [pair.value] }
        let words = series.isEmpty ? tags : tags.filter { !$0.hasPrefix(Self.seriesPrefix) }
        labels["tag"] = words.isEmpty ? [""] : words
        if let reason { labels["reason"] = [reason] }
        if let monitorID { labels["monitor"] = ["\(monitorID)"] }
        if let ruleID { labels["rule"] = ["\(ruleID)"] }
        return labels
    }
}

extension Incident {
    private static let seriesPrefix = "series."

    /// A series' labels as tags: `series.job=node`; monitors' tags contain no `=`.
    package static func tags(of series: SeriesKey) -> [String] {
        series.labels.filter { !$0.value.contains("\n") && !$0.name.contains("\n") && !$0.name.contains("=") }
            .map { "\(seriesPrefix)\($0.name)=\($0.value)" }
    }

    /// The label and value of such a tag: `series.job`, `node`; nil for an ordinary tag.
    package static func seriesLabel(_ tag: String) -> (name: String, value: String)? {
        guard tag.hasPrefix(seriesPrefix), let equals = tag.firstIndex(of: "=") else { return nil }
        return (String(tag[..<equals]), String(tag[tag.index(after: equals)...]))
    }
}
