package import Domain

/// The data sources of rules.
package struct RuleSources: Sendable {
    /// Evaluates PromQL now; nil when no Prometheus is configured.
    package var prometheus: (@Sendable (String) async -> QueryResult)?
    /// The address of Prometheus to show to people, without credentials.
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
