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

    /// Counts the results of a region that were judged.
    func countResults(_ count: Int, from region: String) {
        registry.counter(
            "sentinel_region_results_total",
            "Results of monitors with regions, as they were judged.",
            labels: [("region", region)]
        ).increment(by: count)
    }

    /// Sets of how many monitors the newest result of a region counts, and of how many it is too old.
    func set(_ count: MonitorStates.RegionCount, of region: String) {
        for (state, value) in [("fresh", count.fresh), ("silent", count.silent)] {
            registry.gauge(
                "sentinel_region_monitors",
                "Monitors with regions, by whether the region's newest result is recent enough to count.",
                labels: [("region", region), ("state", state)]
            ).set(Double(value))
        }
    }

    private func incidents(_ kind: IncidentChange.Kind) -> Counter {
        registry.counter("sentinel_incidents_total", "What happened to incidents.", labels: [("event", kind.rawValue)])
    }
}
