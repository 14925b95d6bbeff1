package import Base

/// Counts what a broker did on its own, by topic.
package struct BrokerCounters: Sendable {
    private let metrics: MetricsRegistry

    package init(metrics: MetricsRegistry) { self.metrics = metrics }

    package func dropped(_ count: Int, topic: String) {
        add(count, "sentinel_broker_dropped_total", "Messages dropped because a topic was full.", topic)
    }

    package func unheard(_ count: Int, topic: String) {
        let help = "Broadcasts that a listener that had fallen behind did not hear."
        add(count, "sentinel_broker_unheard_total", help, topic)
    }

    package func rejected(_ count: Int, topic: String) {
        let help = "Messages that a consumer could not use; they are among the dead letters."
        add(count, "sentinel_broker_dead_letters_total", help, topic)
    }

    package func redelivered(_ count: Int, topic: String) {
        let help = "Messages delivered again because nobody acknowledged them."
        add(count, "sentinel_broker_redelivered_total", help, topic)
    }

    /// Sets what the server says of a group's messages.
    package func depth(waiting: Int, inFlight: Int, topic: String) {
        let labels = [(name: "topic", value: topic)]
        metrics.gauge("sentinel_queue_depth", "Messages waiting in a topic, in its fullest group.", labels: labels)
            .set(Double(waiting))
        metrics.gauge("sentinel_queue_in_flight", "Messages delivered and not acknowledged.", labels: labels)
            .set(Double(inFlight))
    }

    private func add(_ count: Int, _ name: String, _ help: String, _ topic: String) {
        metrics.counter(name, help, labels: [("topic", topic)]).increment(by: count)
    }
}
