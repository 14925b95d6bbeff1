import Broker
import Domain

/// The same for a member that owns partitions: when it was removed, it learns that it has lost them.
///
/// Invariant: used by the simulation's only thread.
final class PartitionMembership<Message: Sendable>: Membership, @unchecked Sendable {
    private let rejoin: @Sendable () async throws(BrokerError) -> any PartitionSubscription<Message>
    private(set) var current: (any PartitionSubscription<Message>)?
    private(set) var isEvicted = false
    var owned: Set<Partition> = []

    init(rejoin: @escaping @Sendable () async throws(BrokerError) -> any PartitionSubscription<Message>) {
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

/// A member whose deliveries come late, and whose acknowledgements may be lost.
struct FaultyPartitionSubscription<Message: Sendable>: PartitionSubscription {
    let membership: PartitionMembership<Message>
    let node: Node
    let chance: Chance

    func next(upTo limit: Int) async -> PartitionEvent<Message> {
        while true {
            let event = await membership.current?.next(upTo: limit) ?? .end
            await node.pass()
            if membership.isEvicted, !Task.isCancelled {
                let lost = membership.owned.sorted()
                membership.owned = []
                try? await membership.join()
                if lost.isEmpty { continue }
                return .revoked(lost)
            }
            switch event {
            case .assigned(let partitions):
                Simulator.shared.say("\(node.name) gets \(partitions.count) partitions")
                membership.owned.formUnion(partitions)
            case .revoked(let partitions):
                Simulator.shared.say("\(node.name) is to release \(partitions.count) partitions")
            case .end: break
            case .messages:
                while node.isCut(.broker), !Task.isCancelled { try? await node.clock.sleep(for: .seconds(1)) }
                if chance.strikes(.deliveryDelayed), !Task.isCancelled {
                    try? await node.clock.sleep(for: chance.duration(FaultyBroker.delays))
                }
            }
            if case .messages(let deliveries) = event {
                for case let result as CheckResult in deliveries.messages {
                    Simulator.shared.say("\(node.name) gets \(result.words)")
                }
            }
            return event
        }
    }

    func release(_ partitions: [Partition]) async {
        await node.pass()
        membership.owned.subtract(partitions)
        await membership.current?.release(partitions)
    }

    func acknowledge(_ ids: [DeliveryID]) async throws(BrokerError) {
        try await FaultyBroker.check(node, chance, .acknowledgeRefused)
        try await membership.current?.acknowledge(ids)
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
