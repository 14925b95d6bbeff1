import Broker

/// A member's place in a group, which it takes again when the broker has removed it.
///
/// Invariant: used by the simulation's only thread.
final class GroupMembership<Message: Sendable>: Membership, @unchecked Sendable {
    private let rejoin: @Sendable () async throws(BrokerError) -> any Subscription<Message>
    private(set) var current: (any Subscription<Message>)?
    private(set) var isEvicted = false

    init(rejoin: @escaping @Sendable () async throws(BrokerError) -> any Subscription<Message>) {
        self.rejoin = rejoin
    }

    func join() async throws(BrokerError) {
        current = try await rejoin()
        isEvicted = false
    }

    func evict() async {
        isEvicted = true
        await current?.cancel()
    }
}

/// A member of a group whose deliveries come late, and whose acknowledgements may be lost.
struct FaultySubscription<Message: Sendable>: Subscription {
    let membership: GroupMembership<Message>
    let node: Node
    let chance: Chance

    func receive(upTo limit: Int) async -> Deliveries<Message> {
        while true {
            let inner = membership.current
            let deliveries = await inner?.receive(upTo: limit)
            await node.pass()
            if membership.isEvicted, !Task.isCancelled {
                try? await membership.join()
                continue
            }
            while node.isCut(.broker), !Task.isCancelled { try? await node.clock.sleep(for: .seconds(1)) }
            if chance.strikes(.deliveryDelayed), !Task.isCancelled {
                try? await node.clock.sleep(for: chance.duration(FaultyBroker.delays))
            }
            return deliveries ?? Deliveries(firstID: DeliveryID(rawValue: 0), attempt: 1, messages: [])
        }
    }

    func acknowledge(_ ids: [DeliveryID]) async throws(BrokerError) {
        try await FaultyBroker.check(node, chance, .acknowledgeRefused)
        try await membership.current?.acknowledge(ids)
        if node.role == .worker { node.acknowledged.formUnion(ids.map(\.rawValue)) }
        if chance.strikes(.acknowledgeAnswerLost) { throw .unavailable(reason: "simulated: no answer") }
        await node.pass()
    }

    func reject(_ ids: [DeliveryID]) async throws(BrokerError) {
        try await FaultyBroker.check(node, chance, .acknowledgeRefused)
        try await membership.current?.reject(ids)
        await node.pass()
    }

    func cancel() async {
        await node.pass()
        await membership.current?.cancel()
    }
}
