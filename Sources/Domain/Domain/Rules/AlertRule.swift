package import Base

/// The database id of a rule, positive and never reused.
package struct AlertRuleID: RawRepresentable, Sendable, Hashable, Comparable, CustomStringConvertible {
    package let rawValue: Int64
    package init(rawValue: Int64) { self.rawValue = rawValue }
    package static func < (left: AlertRuleID, right: AlertRuleID) -> Bool { left.rawValue < right.rawValue }
    package var description: String { "\(rawValue)" }
}

/// A query that is evaluated regularly, and the condition for an alert.
package struct AlertRule: Sendable, Equatable {
    /// Where the query is evaluated.
    package enum Source: String, Sendable, CaseIterable {
        /// The query is PromQL.
        case prometheus
        /// The query is an `OwnMetric` over Sentinel's own results.
        case sentinel
    }

    package var id: AlertRuleID
    package var name: String
    /// Whose rule it is; nil for one that belongs to no server.
    package var serverID: ServerID?
    /// The value's name, for people.
    package var metricName: String
    package var query: String
    package var source: Source
    package var threshold: ThresholdRule
    package var severity = Severity.warning
    /// The kind or name of the channels to notify when no policy matches.
    package var channel: String
    /// nil uses the installation's default.
    package var interval: Duration?
    package var isActive = true
    package var createdAt: Timestamp
    /// Grows with every change of the rule; what was found for an older one does not count.
    package var revision: Int64 = 1
    /// Stored members that this release does not know.
    package var unknown: UnknownMembers?

    package init(
        id: AlertRuleID,
        name: String,
        serverID: ServerID? = nil,
        metricName: String,
        query: String,
        source: Source = .prometheus,
        threshold: ThresholdRule,
        channel: String = AlertRule.defaultChannel,
        createdAt: Timestamp
    ) {
        (self.id, self.name, self.serverID, self.metricName) = (id, name, serverID, metricName)
        (self.query, self.source, self.threshold) = (query, source, threshold)
        (self.channel, self.createdAt) = (channel, createdAt)
    }

    /// Whether another rule has the same query and source: then its firing alerts apply to both.
    package func asks(theSameAs other: AlertRule) -> Bool {
        (query, source, serverID) == (other.query, other.source, other.serverID)
    }

    package static let textLength = 255
    /// The most bytes of a query.
    package static let queryLength = 8192
    package static let defaultChannel = "telegram"
    package static let defaultRepeat: Duration = .seconds(300)
    package static let intervals: ClosedRange<Duration> = .seconds(10)...(.seconds(3600))
}

extension AlertRule {
    /// The threshold for evaluations at an interval: answers of infrequent queries become stale later.
    package func threshold(every interval: Duration) -> ThresholdRule {
        let staleness = min(max(threshold.staleness, interval * 3), ThresholdRule.Limits.staleness.upperBound)
        return threshold.with(staleness: staleness)
    }

    /// A series' value held against the rule, in words: `cpu{job="node"} = 93.2 > 80`.
    package func words(_ series: SeriesKey, _ value: Double) -> String {
        "\(metricName)\(Self.labels(series)) = \(held(value))"
    }

    /// A value held against the threshold, with the unit where it is known: `848.1 ms > 0.3 ms`.
    package func held(_ value: Double) -> String {
        let unit = source == .sentinel ? (try? OwnMetric(parsing: query))?.function.unit ?? "" : ""
        let limit = threshold.threshold
        // As many digits as it takes to tell one from the other.
        let digits = [4, 6, 9, 15].first { value == limit || value.text(digits: $0) != limit.text(digits: $0) } ?? 17
        return "\(value.text(digits: digits))\(unit) \(threshold.comparison) \(limit.text(digits: digits))\(unit)"
    }

    /// The labels in braces without the metric's name; empty when there are none.
    private static func labels(_ series: SeriesKey) -> String {
        guard series[SeriesKey.metricName] != nil else { return series.labels.isEmpty ? "" : series.description }
        let rest = SeriesKey(series.labels.filter { $0.name != SeriesKey.metricName })
        return rest.map { $0.labels.isEmpty ? "" : $0.description } ?? ""
    }
}
