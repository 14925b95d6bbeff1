package import Base
import Domain
import Storage

/// The instruments of sending, by the names under which `/metrics` shows them.
package struct NotificationMetrics: Sendable {
    private let registry: MetricsRegistry
    let storeErrors: Counter

    package init(_ registry: MetricsRegistry) {
        self.registry = registry
        storeErrors = registry.counter(
            "sentinel_outbox_store_errors_total",
            "Failed attempts to read or write the outbox."
        )
    }

    /// Counts an attempt by the provider's kind and its outcome.
    func tried(_ kind: String, _ state: Notification.State, _ outcome: DeliveryOutcome) {
        let word =
            switch (outcome, state) {
            case (.delivered, _): "delivered"
            case (_, .dead): "dead"
            default: "retry"
            }
        registry.counter(
            "sentinel_notifications_total",
            "Tries to deliver a notification.",
            labels: [("kind", kind), ("outcome", word)]
        ).increment()
    }
}
