import Base
import Broker
import Domain
import Messages

/// A process's connection to the broker, on which anything may go wrong that the port allows.
struct FaultyBroker: Broker {
    let inner: any Broker
    let node: Node
    let chance: Chance
    let journal: Journal

    /// How long a call waits for a broker that it cannot reach.
    private static let patience: Duration = .seconds(10)

    private static let lost = BrokerError.unavailable(reason: "simulated: no answer")
    private static let refused = BrokerError.unavailable(reason: "simulated: refused")

    func publish<Message: Sendable>(_ messages: [Message], to topic: Topic<Message>) async throws(BrokerError) {
        do throws(BrokerError) { try await send(messages, to: topic) } catch {
            if let jobs = messages as? [CheckJob] { journal.refuse(jobs) }
            throw error
        }
    }

    private func send<Message: Sendable>(_ messages: [Message], to topic: Topic<Message>) async throws(BrokerError) {
        guard await node.reach(.broker, within: Self.patience) else { throw Self.refused }
        if chance.strikes(.publishRefused) { throw Self.refused }
        if chance.strikes(.publishDelayed) { try? await node.clock.sleep(for: chance.duration(Self.delays)) }
        var messages = messages
        // Messages with a key keep their order.
        if topic.key == nil, messages.count > 1, chance.strikes(.reordered) { messages = chance.shuffled(messages) }
        await node.pass()
        for case let result as CheckResult in messages { node.note(result) }
        try await inner.publish(messages, to: topic)
        if chance.strikes(.doubled) { try await inner.publish(messages, to: topic) }
        if chance.strikes(.publishAnswerLost) { throw Self.lost }
        await node.pass()
    }

    static let delays: ClosedRange<Duration> = .milliseconds(1)...(.seconds(20))

    func consume<Message: Sendable>(
        _ topic: Topic<Message>,
        group: String,
        redelivery: Duration
    ) async throws(BrokerError) -> any Subscription<Message> {
        await node.pass()
        let membership = GroupMembership { [inner] () async throws(BrokerError) in
            try await inner.consume(topic, group: group, redelivery: redelivery)
        }
        try await membership.join()
        node.join(membership)
        return FaultySubscription(membership: membership, node: node, chance: chance)
    }

    func consumePartitions<Message: Sendable>(
        _ topic: Topic<Message>,
        group: String,
        redelivery: Duration
    ) async throws(BrokerError) -> any PartitionSubscription<Message> {
        await node.pass()
        let membership = PartitionMembership { [inner] () async throws(BrokerError) in
            try await inner.consumePartitions(topic, group: group, redelivery: redelivery)
        }
        try await membership.join()
        node.join(membership)
        return FaultyPartitionSubscription(membership: membership, node: node, chance: chance)
    }

    func broadcast<Message: Sendable>(_ message: Message, on topic: Topic<Message>) async {
        guard await node.reach(.broker, within: Self.patience), !chance.strikes(.broadcastLost) else { return }
        if chance.strikes(.broadcastDelayed) { try? await node.clock.sleep(for: chance.duration(Self.delays)) }
        await node.pass()
        await inner.broadcast(message, on: topic)
    }

    func listen<Message: Sendable>(_ topic: Topic<Message>) async -> Broadcasts<Message> {
        let heard = await inner.listen(topic)
        let mailbox = BroadcastMailbox<Message>(capacity: topic.capacity)
        // What a process that is suspended or cut off does not hear is lost, and it learns that something is.
        Task {
            for await event in heard {
                if node.state == .dead { return }
                if node.isCut(.broker) || chance.strikes(.broadcastLost) {
                    mailbox.miss(1)
                    continue
                }
                await node.pass()
                switch event {
                case .message(let message): _ = mailbox.put(message)
                case .missed(let count): mailbox.miss(count)
                }
            }
            mailbox.close()
        }
        return Broadcasts(mailbox: mailbox)
    }

    /// What a call of a subscription throws while the broker cannot be reached.
    static func check(_ node: Node, _ chance: Chance, _ fault: Fault) async throws(BrokerError) {
        guard await node.reach(.broker, within: patience) else { throw refused }
        if chance.strikes(fault) { throw refused }
    }
}

extension Node {
    fileprivate func note(_ result: CheckResult) {
        published.insert(
            PublishedResult(
                monitor: result.monitorID.rawValue,
                due: result.scheduledAt.milliseconds,
                made: result.checkedAt.milliseconds
            )
        )
    }
}
