package import Broker

/// A broker that passes its calls on to another one, so that a double says only what is different.
package protocol ForwardingBroker: Broker {
    /// The broker that the calls reach.
    var inner: any Broker { get }
}

extension ForwardingBroker {
    package var outage: String? { inner.outage }

    package func publish<Message: Sendable>(
        _ messages: [Message],
        to topic: Topic<Message>
    ) async throws(BrokerError) {
        try await inner.publish(messages, to: topic)
    }

    package func consume<Message: Sendable>(
        _ topic: Topic<Message>,
        group: String,
        redelivery: Duration
    ) async throws(BrokerError) -> any Subscription<Message> {
        try await inner.consume(topic, group: group, redelivery: redelivery)
    }

    package func consumePartitions<Message: Sendable>(
        _ topic: Topic<Message>,
        group: String,
        redelivery: Duration
    ) async throws(BrokerError) -> any PartitionSubscription<Message> {
        try await inner.consumePartitions(topic, group: group, redelivery: redelivery)
    }

    package func broadcast<Message: Sendable>(_ message: Message, on topic: Topic<Message>) async {
        await inner.broadcast(message, on: topic)
    }

    package func listen<Message: Sendable>(_ topic: Topic<Message>) async -> Broadcasts<Message> {
        await inner.listen(topic)
    }

    package func backlog() async throws(BrokerError) -> [TopicBacklog] { try await inner.backlog() }
}
