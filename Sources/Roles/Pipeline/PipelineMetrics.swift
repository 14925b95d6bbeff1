package import Base
package import Domain

/// The instruments of the pipeline, by the names under which `/metrics` shows them.
package struct PipelineMetrics: Sendable {
    private let registry: MetricsRegistry
    private let failuresByReason: [Reason: Counter]
    private let skippedByReason: [SkipReason: Counter]
    package let checksUp: Counter
    package let checksDown: Counter
    package let latency: Histogram
    package let lateness: Histogram
    package let batchSize: Histogram
    package let appendTime: Histogram
    package let scheduled: Counter
    package let missed: Counter
    package let unacknowledged: Counter

    package init(_ registry: MetricsRegistry) {
        self.registry = registry
        failuresByReason = Self.counters("sentinel_check_failures_total", "Failed checks by reason.", registry) {
            $0.description
        }
        skippedByReason = Self.counters("sentinel_checks_skipped_total", "Due checks that were not made.", registry) {
            $0.rawValue
        }
        let checks = { (result: String) in
            registry.counter("sentinel_checks_total", "Checks made and stored.", labels: [("result", result)])
        }
        checksUp = checks("up")
        checksDown = checks("down")
        latency = registry.histogram(
            "sentinel_latency_seconds",
            "From the start of a check to its verdict.",
            bounds: Histogram.latencyBounds
        )
        lateness = registry.histogram(
            "sentinel_check_lateness_seconds",
            "How long after its due instant a scheduled check started.",
            bounds: Histogram.latenessBounds
        )
        unacknowledged = registry.counter(
            "sentinel_unacknowledged_total",
            "Messages that were done with, though the broker did not take the word: they come again."
        )
        batchSize = registry.histogram(
            "sentinel_result_batch_size",
            "Results stored in one transaction.",
            bounds: Histogram.batchBounds
        )
        appendTime = registry.histogram(
            "sentinel_result_append_seconds",
            "How long the store took for one batch of results.",
            bounds: Histogram.latencyBounds
        )
        scheduled = registry.counter("sentinel_jobs_scheduled_total", "Checks handed to the workers.")
        missed = registry.counter("sentinel_slots_missed_total", "Due instants at which no check was scheduled.")
        _ = lost
    }

    /// A counter for each reason, shown as 0 from the start: an alert on a series that does not exist yet never fires.
    private static func counters<R: CaseIterable & Hashable>(
        _ name: String,
        _ help: String,
        _ registry: MetricsRegistry,
        word: (R) -> String
    ) -> [R: Counter] {
        let pairs = R.allCases.map { ($0, registry.counter(name, help, labels: [("reason", word($0))])) }
        return Dictionary(uniqueKeysWithValues: pairs)
    }

    /// Failed checks by reason.
    package func failures(_ reason: Reason) -> Counter { failuresByReason[reason] ?? Counter() }

    /// Due checks that were not made, by reason.
    package func skipped(_ reason: SkipReason) -> Counter { skippedByReason[reason] ?? Counter() }

    /// Failed attempts to store a batch, by the error's label.
    package func storeErrors(_ label: String) -> Counter {
        registry.counter(
            "sentinel_store_errors_total",
            "Failed attempts to store results.",
            labels: [("error", label)]
        )
    }

    /// Results that were removed because they were too old.
    package var expired: Counter { registry.counter("sentinel_results_expired_total", "Results removed by age.") }

    /// Results that were given up.
    package var lost: Counter { registry.counter("sentinel_results_lost_total", "Results that could not be stored.") }

    /// A gauge whose value is read when the metrics are.
    package func gauge(_ name: String, _ help: String, value: @escaping @Sendable () -> Double) {
        registry.gauge(name, help, value: value)
    }
}
