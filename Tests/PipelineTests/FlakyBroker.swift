import Base
import Broker

/// A broker that fails for some publications and rejects some acknowledgements.
final class FlakyBroker: Broker {
    private let inner: InProcessBroker
    private let refusals = Locked<[String: Int]>([:])

    init(_ inner: InProcessBroker) { self.inner = inner }

    /// Makes the next publications to a topic fail.
    func refuse(_ count: Int, on topic: String) { refusals.withLock { $0[topic] = count } }
    func refusalsLeft(on topic: String) -> Int { refusals.withLock { $0[topic] ?? 0 } }

    func publish<Message: Sendable>(_ messages: [Message], to topic: Topic<Message>) async throws(BrokerError) {
        let isRefused = refusals.withLock { refusals -> Bool in
            guard let left = refusals[topic.name], left > 0, !messages.isEmpty else { return false }
            refusals[topic.name] = left - 1
            return true
        }
        if isRefused { throw .unavailable(reason: "away") }
        try await inner.publish(messages, to: topic)
    }

    func consume<Message: Sendable>(
        _ topic: Topic<Message>,
        group: String,
        redelivery: Duration
    ) async throws(BrokerError) -> any Subscription<Message> {
        try await inner.consume(topic, group: group, redelivery: redelivery)
    }

    func consumePartitions<Message: Sendable>(
        _ topic: Topic<Message>,
        group: String,
        redelivery: Duration
    ) async throws(BrokerError) -> any PartitionSubscription<Message> {
        try await inner.consumePartitions(topic, group: group, redelivery: redelivery)
    }

    func broadcast<Message: Sendable>(_ message: Message, on topic: Topic<Message>) async {
        await inner.broadcast(message, on: topic)
    }

    func listen<Message: Sendable>(_ topic: Topic<Message>) async -> Broadcasts<Message> { await inner.listen(topic) }
}
