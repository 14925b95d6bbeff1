import Broker

/// A member of a group whose members share all messages; leaves when nobody holds it any more.
final class RedisSubscription<Message: Sendable>: Subscription {
    private let consumer: StreamConsumer
    private let topic: Topic<Message>
    private let codec: MessageCodec<Message>

    init(_ consumer: StreamConsumer, _ topic: Topic<Message>, _ codec: MessageCodec<Message>) {
        (self.consumer, self.topic, self.codec) = (consumer, topic, codec)
    }

    deinit {
        let consumer = consumer
        Task { await consumer.leave() }
    }

    func receive(upTo limit: Int) async -> Deliveries<Message> {
        while true {
            let taken = await consumer.take(upTo: limit)
            guard !taken.entries.isEmpty else {
                return Deliveries(firstID: DeliveryID(rawValue: 0), attempt: 1, messages: [])
            }
            if let got = await consumer.decode(taken.entries, firstID: taken.firstID, of: topic, with: codec) {
                return got
            }
        }
    }

    func acknowledge(_ ids: [DeliveryID]) async throws(BrokerError) { try await consumer.acknowledge(ids) }
    func reject(_ ids: [DeliveryID]) async throws(BrokerError) {
        try await consumer.reject(ids, reason: "a consumer could not use the message")
    }
    func reject(_ ids: [DeliveryID], because reason: String) async throws(BrokerError) {
        try await consumer.reject(ids, reason: reason)
    }
    func cancel() async { await consumer.leave() }
}

/// A member of a group whose members own partitions; leaves when nobody holds it any more.
final class RedisPartitionSubscription<Message: Sendable>: PartitionSubscription {
    private let consumer: PartitionConsumer
    private let topic: Topic<Message>
    private let codec: MessageCodec<Message>

    init(_ consumer: PartitionConsumer, _ topic: Topic<Message>, _ codec: MessageCodec<Message>) {
        (self.consumer, self.topic, self.codec) = (consumer, topic, codec)
    }

    deinit {
        let consumer = consumer
        Task { await consumer.leave() }
    }

    func next(upTo limit: Int) async -> PartitionEvent<Message> {
        while true {
            switch await consumer.next(upTo: limit) {
            case .assigned(let partitions): return .assigned(partitions)
            case .revoked(let partitions): return .revoked(partitions)
            case .end: return .end
            case .messages(let firstID, let entries):
                if let got = await consumer.decode(entries, firstID: firstID, of: topic, with: codec) {
                    return .messages(got)
                }
            }
        }
    }

    func release(_ partitions: [Partition]) async { await consumer.release(partitions) }
    func acknowledge(_ ids: [DeliveryID]) async throws(BrokerError) { try await consumer.acknowledge(ids) }
    func reject(_ ids: [DeliveryID]) async throws(BrokerError) {
        try await consumer.reject(ids, reason: "a consumer could not use the message")
    }
    func cancel() async { await consumer.leave() }
}
