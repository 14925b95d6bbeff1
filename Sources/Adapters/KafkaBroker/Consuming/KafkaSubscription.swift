import Base
import Broker

/// A member of a consumer group, of either sort, with the messages decoded; leaves when nobody holds it any more.
final class KafkaSubscription<Message: Sendable>: Subscription, PartitionSubscription {
    private let consumer: KafkaConsumer
    private let topic: Topic<Message>
    private let codec: MessageCodec<Message>
    private let graves: DeadLetters
    private let group: String
    private let keeper: LoopKeeper
    /// Runs of good messages between unreadable ones, which were received together.
    private let ready = Locked(RingBuffer<Deliveries<Message>>())

    init(
        _ consumer: KafkaConsumer,
        _ topic: Topic<Message>,
        _ codec: MessageCodec<Message>,
        _ graves: DeadLetters,
        group: String,
        _ keeper: LoopKeeper
    ) {
        (self.consumer, self.topic, self.codec, self.graves) = (consumer, topic, codec, graves)
        (self.group, self.keeper) = (group, keeper)
    }

    deinit {
        let (consumer, keeper) = (consumer, keeper)
        Task {
            await consumer.leave()
            withExtendedLifetime(keeper) {}
        }
    }

    func receive(upTo limit: Int) async -> Deliveries<Message> {
        while true {
            switch await next(upTo: limit) {
            case .messages(let deliveries): return deliveries
            case .end: return Deliveries(firstID: DeliveryID(rawValue: 0), attempt: 1, messages: [])
            case .assigned, .revoked: continue
            }
        }
    }

    func next(upTo limit: Int) async -> PartitionEvent<Message> {
        while true {
            if let run = ready.withLock({ $0.popFirst() }) { return .messages(run) }
            switch await consumer.next(upTo: limit) {
            case .assigned(let partitions): return .assigned(partitions.map { Partition(rawValue: Int($0)) })
            case .revoked(let partitions):
                return .revoked(partitions.map { Partition(rawValue: Int($0)) })
            case .end: return .end
            case .batch(let batch):
                if let deliveries = await decode(batch) { return .messages(deliveries) }
            }
        }
    }

    /// The readable messages; what is not goes to the dead letters.
    private func decode(_ batch: KafkaConsumer.Batch) async -> Deliveries<Message>? {
        var runs: [Deliveries<Message>] = []
        var (messages, first) = ([Message](), 0)
        var dead: [(index: Int, reason: String)] = []
        var hints: [DeliveryID] = []
        messages.reserveCapacity(batch.count)
        func endRun(at index: Int) {
            if !messages.isEmpty {
                runs.append(Deliveries(firstID: batch.id(at: first), attempt: batch.attempt, messages: messages))
            }
            (messages, first) = ([], index + 1)
        }
        for (index, record) in batch.messages.enumerated() {
            do throws(MessageError) {
                if let message = try read(record) {
                    messages.append(message)
                } else {
                    hints.append(batch.id(at: index))
                    endRun(at: index)
                }
            } catch {
                dead.append((index, error.description))
                endRun(at: index)
            }
        }
        endRun(at: batch.count)
        if !dead.isEmpty { await bury(dead.map { (batch.id(at: $0.index), batch.messages[$0.index], $0.reason) }) }
        if !hints.isEmpty { try? await consumer.finish(hints) }
        guard let head = runs.first else { return nil }
        ready.withLock { ready in for run in runs.dropFirst() { ready.append(run) } }
        return head
    }

    private func read(_ record: ReceivedRecord) throws(MessageError) -> Message? {
        let message = try codec.decode(record.value)
        if topic.key != nil, let message, topic.partition(of: message).rawValue != Int(record.partition) {
            throw MessageError("its key belongs to partition \(topic.partition(of: message).rawValue)")
        }
        return message
    }

    private func bury(_ dead: [(id: DeliveryID, record: ReceivedRecord, reason: String)]) async {
        // When the dead letters cannot be written, the messages come again after the redelivery time.
        guard (try? await graves.add(dead.map { ($0.record, $0.reason) }, of: topic.name, by: group)) != nil else {
            return
        }
        try? await consumer.finish(dead.map(\.id))
    }

    func release(_ partitions: [Partition]) async {
        await consumer.release(partitions.map { Int32($0.rawValue) })
    }

    func acknowledge(_ ids: [DeliveryID]) async throws(BrokerError) { try await consumer.finish(ids) }

    func reject(_ ids: [DeliveryID]) async throws(BrokerError) {
        try await reject(ids, because: "a consumer could not use the message")
    }

    func reject(_ ids: [DeliveryID], because reason: String) async throws(BrokerError) {
        let records = await consumer.records(ids)
        if !records.isEmpty {
            try await graves.add(records.map { ($0, reason) }, of: topic.name, by: group)
        }
        try await consumer.finish(ids)
    }

    func cancel() async { await consumer.leave() }

    /// Ends without a word to the group, as a killed process does; for tests.
    func die() async { await consumer.leave(dying: true) }
}
