/// A member of a consumer group of the in-process broker, of either sort; leaves when nobody holds it any more.
final class InProcessSubscription<Message: Sendable>: Subscription, PartitionSubscription {
    private let channel: TopicChannel<Message>
    private let group: String
    private let member: Int

    init(channel: TopicChannel<Message>, group: String, member: Int) {
        (self.channel, self.group, self.member) = (channel, group, member)
    }

    deinit { channel.leave(group: group, member: member) }

    func receive(upTo limit: Int) async -> Deliveries<Message> {
        await channel.receive(upTo: limit, group: group, member: member)
    }
    func next(upTo limit: Int) async -> PartitionEvent<Message> {
        await channel.next(upTo: limit, group: group, member: member)
    }
    func release(_ partitions: [Partition]) async { channel.release(partitions, group: group, member: member) }
    func acknowledge(_ ids: [DeliveryID]) async throws(BrokerError) { try channel.acknowledge(ids, group: group) }
    func reject(_ ids: [DeliveryID]) async throws(BrokerError) { try channel.reject(ids, group: group) }
    func cancel() async { channel.leave(group: group, member: member) }
}
