package import Base

/// The instruments of alerting, by the names under which `/metrics` shows them.
package struct AlertingMetrics: Sendable {
    private let registry: MetricsRegistry
    let writeTime: Histogram
    let failures: Counter

    package init(_ registry: MetricsRegistry) {
        self.registry = registry
        writeTime = registry.histogram(
            "sentinel_alerting_write_seconds",
            "How long the store took for one batch of verdicts.",
            bounds: Histogram.latencyBounds
        )
        failures = registry.counter(
            "sentinel_alerting_store_errors_total",
            "Failed attempts to read or write verdicts."
        )
        for kind in [IncidentChange.Kind.opened, .reopened, .escalated, .resolved] { _ = incidents(kind) }
    }

    func count(_ changes: [IncidentChange]) {
        for change in changes { incidents(change.kind).increment() }
    }

    private func incidents(_ kind: IncidentChange.Kind) -> Counter {
        registry.counter("sentinel_incidents_total", "What happened to incidents.", labels: [("event", kind.rawValue)])
    }
}
