package import Domain

/// Who answers the questions of rules.
package struct RuleSources: Sendable {
    /// Evaluates PromQL now; nil when there is no Prometheus.
    package var prometheus: (@Sendable (String) async -> QueryResult)?
    /// Where Prometheus is, for people; without credentials.
    package var prometheusURL: String
    package var own: OwnMetricReader

    package init(
        own: OwnMetricReader,
        prometheusURL: String = "",
        prometheus: (@Sendable (String) async -> QueryResult)? = nil
    ) {
        (self.own, self.prometheusURL, self.prometheus) = (own, prometheusURL, prometheus)
    }
}
