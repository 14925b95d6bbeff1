package import Base
import Domain

/// The instruments of the evaluator, by the names under which `/metrics` shows them.
package struct RuleMetrics: Sendable {
    private let registry: MetricsRegistry
    let duration: Histogram
    let missed: Counter
    let firing: Gauge
    let rules: Gauge
    let storeErrors: Counter

    package init(_ registry: MetricsRegistry) {
        self.registry = registry
        duration = registry.histogram(
            "sentinel_rule_evaluation_seconds",
            "How long one evaluation took, from the question to what was written.",
            bounds: Histogram.latencyBounds
        )
        missed = registry.counter(
            "sentinel_rule_missed_slots_total",
            "Evaluations that were not made: the one before was not done, or the process slept."
        )
        firing = registry.gauge("sentinel_rule_series_firing", "Series whose alerts are on.")
        rules = registry.gauge("sentinel_rules", "Rules that are evaluated.")
        storeErrors = registry.counter("sentinel_rule_store_errors_total", "Failed attempts to read or write rules.")
        for state in RuleHealth.State.allCases where state != .pending { _ = evaluations(state) }
    }

    func count(_ state: RuleHealth.State) { evaluations(state).increment() }

    private func evaluations(_ state: RuleHealth.State) -> Counter {
        registry.counter(
            "sentinel_rule_evaluations_total",
            "Evaluations of rules, by what came of them.",
            labels: [("outcome", state.rawValue)]
        )
    }
}
