import Broker

/// A connection to the broker with a bug.
struct PlantedBroker: Broker {
    let inner: any Broker
    /// Whether messages are acknowledged when they come.
    var acknowledgesFirst = false
    /// Whether messages to a topic are dropped, as if they had been published.
    var drops: @Sendable (_ topic: String) -> Bool = { _ in false }
    var consumes: @Sendable (_ topic: String) -> Void = { _ in }
    /// The process whose partitions go to others while it still works on their messages.
    var handsOverEarly: Node?

    func publish<Message: Sendable>(_ messages: [Message], to topic: Topic<Message>) async throws(BrokerError) {
        if drops(topic.name) { return }
        try await inner.publish(messages, to: topic)
    }

    func consume<Message: Sendable>(
        _ topic: Topic<Message>,
        group: String,
        redelivery: Duration
    ) async throws(BrokerError) -> any Subscription<Message> {
        consumes(topic.name)
        let subscription = try await inner.consume(topic, group: group, redelivery: redelivery)
        return acknowledgesFirst ? EagerSubscription(inner: subscription) : subscription
    }

    func consumePartitions<Message: Sendable>(
        _ topic: Topic<Message>,
        group: String,
        redelivery: Duration
    ) async throws(BrokerError) -> any PartitionSubscription<Message> {
        consumes(topic.name)
        let subscription = try await inner.consumePartitions(topic, group: group, redelivery: redelivery)
        guard let node = handsOverEarly else { return subscription }
        return EarlyHandover(inner: subscription, node: node)
    }

    func broadcast<Message: Sendable>(_ message: Message, on topic: Topic<Message>) async {
        await inner.broadcast(message, on: topic)
    }

    func listen<Message: Sendable>(_ topic: Topic<Message>) async -> Broadcasts<Message> {
        await inner.listen(topic)
    }
}

/// Acknowledges before anything was done.
private struct EagerSubscription<Message: Sendable>: Subscription {
    let inner: any Subscription<Message>

    func receive(upTo limit: Int) async -> Deliveries<Message> {
        let deliveries = await inner.receive(upTo: limit)
        if !deliveries.isEmpty { try? await inner.acknowledge(deliveries.ids) }
        return deliveries
    }

    func acknowledge(_ ids: [DeliveryID]) async throws(BrokerError) {}
    func reject(_ ids: [DeliveryID]) async throws(BrokerError) { try await inner.reject(ids) }
    func cancel() async { await inner.cancel() }
}

/// Fetches ahead; when partitions are wanted elsewhere it acknowledges what was fetched and gives them away at once.
///
/// Invariant: used by the simulation's only thread.
private final class EarlyHandover<Message: Sendable>: PartitionSubscription, @unchecked Sendable {
    private let inner: any PartitionSubscription<Message>
    private let node: Node
    private var fetched: Task<PartitionEvent<Message>, Never>?

    init(inner: any PartitionSubscription<Message>, node: Node) {
        self.inner = inner
        self.node = node
    }

    func next(upTo limit: Int) async -> PartitionEvent<Message> {
        let event: PartitionEvent<Message>
        if let fetched {
            self.fetched = nil
            event = await withTaskCancellationHandler {
                await fetched.value
            } onCancel: {
                fetched.cancel()
            }
        } else {
            event = await inner.next(upTo: limit)
        }
        guard case .messages(let deliveries) = event else { return event }
        fetched = Task { [inner] in
            let following = await inner.next(upTo: limit)
            if case .revoked(let partitions) = following {
                try? await inner.acknowledge(deliveries.ids)
                await inner.release(partitions)
            }
            return following
        }
        // What was fetched waits for its turn.
        try? await node.clock.sleep(for: .seconds(20))
        return event
    }

    func release(_ partitions: [Partition]) async { await inner.release(partitions) }
    func acknowledge(_ ids: [DeliveryID]) async throws(BrokerError) { try await inner.acknowledge(ids) }
    func reject(_ ids: [DeliveryID]) async throws(BrokerError) { try await inner.reject(ids) }
    func cancel() async { await inner.cancel() }
}
