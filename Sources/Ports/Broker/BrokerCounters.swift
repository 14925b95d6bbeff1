import Base

/// What the broker did that nobody asked for, by topic.
struct BrokerCounters: Sendable {
    private let metrics: MetricsRegistry

    init(metrics: MetricsRegistry) { self.metrics = metrics }

    func dropped(_ count: Int, topic: String) {
        metrics.counter(
            "sentinel_broker_dropped_total",
            "Messages dropped because a topic was full.",
            labels: [("topic", topic)]
        ).increment(by: count)
    }

    func unheard(_ count: Int, topic: String) {
        metrics.counter(
            "sentinel_broker_unheard_total",
            "Broadcasts that a listener that had fallen behind did not hear.",
            labels: [("topic", topic)]
        ).increment(by: count)
    }

    func redelivered(_ count: Int, topic: String) {
        metrics.counter(
            "sentinel_broker_redelivered_total",
            "Messages delivered again because nobody acknowledged them.",
            labels: [("topic", topic)]
        ).increment(by: count)
    }
}
