import Base
import Broker
import Redis

/// A member of a consumer group, of either sort: what it does with delivered messages.
protocol GroupMember: Actor {
    nonisolated var topic: StreamTopic { get }
    var group: String { get }
    var channel: RedisChannel { get }
    var buffer: RingBuffer<StreamEntry> { get set }
    var outstanding: Outstanding { get set }
    /// Whether anything can be deleted since the last sign of life.
    var hasAcknowledged: Bool { get set }
    var isClosed: Bool { get }

    /// Whether an entry may still be delivered by this member.
    func mayDeliver(_ entry: StreamEntry) -> Bool
    func leave() async
    func close() async
}

extension GroupMember {
    /// Acknowledges messages; unknown ids are ignored.
    func acknowledge(_ ids: [DeliveryID]) async throws(BrokerError) {
        try await settle(ids) { _ in }
    }

    /// Moves messages to the dead letters; unknown ids are ignored.
    func reject(_ ids: [DeliveryID], reason: String) async throws(BrokerError) {
        let (channel, topic) = (channel, topic)
        try await settle(ids) { found throws(RedisError) in
            try await channel.bury(found.map { ($0.message, $0.reference) }, reason: reason, of: topic)
        }
    }

    /// Acknowledges messages after `effect`; they stay outstanding when one of both fails.
    private func settle(
        _ ids: [DeliveryID],
        effect: ([(reference: EntryReference, message: [UInt8])]) async throws(RedisError) -> Void
    ) async throws(BrokerError) {
        if isClosed { throw .closed }
        let known = ids.filter(outstanding.contains)
        let found = outstanding.take(known)
        guard !found.isEmpty else { return }
        hasAcknowledged = true
        do throws(RedisError) {
            try await effect(found)
            try await channel.acknowledge(found.map(\.reference), group: group, of: topic)
        } catch {
            outstanding.restore(known, found)
            throw BrokerError(error)
        }
    }

    /// Puts entries back that were taken and not given to the caller, in their order.
    func putBack(firstID: UInt64, _ entries: ArraySlice<StreamEntry>) {
        _ = outstanding.take(entries.indices.map { DeliveryID(rawValue: firstID + UInt64($0)) })
        for entry in entries.reversed() where mayDeliver(entry) { buffer.prepend(entry) }
    }

    /// The messages before the first that cannot be decoded; moves that one to the dead letters.
    ///
    /// nil when there are none. Called where the caller runs, so that decoding does not hold up the loop.
    nonisolated func decode<Message: Sendable>(
        _ entries: [StreamEntry],
        firstID: UInt64,
        of messageTopic: Topic<Message>,
        with codec: MessageCodec<Message>
    ) async -> Deliveries<Message>? {
        var messages: [Message] = []
        messages.reserveCapacity(entries.count)
        for (index, entry) in entries.enumerated() {
            var reason: String?
            if let bytes = entry.message {
                do throws(MessageError) {
                    if let message = try codec.decode(bytes) {
                        // The owner of this stream does not own the message's partition, and would never use it.
                        let shard = topic.shard(of: messageTopic.partition(of: message))
                        guard shard == entry.shard else { throw MessageError("its key belongs to stream \(shard)") }
                        messages.append(message)
                        continue
                    }
                } catch { reason = error.description }
            } else {
                reason = "the entry has no field m"
            }
            await putBack(firstID: firstID, entries[(index + 1)...])
            let id = [DeliveryID(rawValue: firstID + UInt64(index))]
            do throws(BrokerError) {
                if let reason { try await reject(id, reason: reason) } else { try await acknowledge(id) }
            } catch {
                // It comes again.
            }
            break
        }
        guard let first = entries.first, !messages.isEmpty else { return nil }
        return Deliveries(firstID: DeliveryID(rawValue: firstID), attempt: first.attempt, messages: messages)
    }
}
