import Base
import Domain

/// What is notified: it takes each message once by its key, however often it comes.
///
/// Invariant: used by the simulation's only thread.
final class Receiver: @unchecked Sendable {
    /// An event of an incident.
    struct News: Hashable {
        let incident: Int64
        let event: AlertMessage.Event
    }

    /// The keys of the messages that brought an event.
    private(set) var keys: [News: Set<String>] = [:]
    private(set) var deliveries = 0
    private let chance: Chance

    init(chance: Chance) { self.chance = chance }

    /// Sends a message from a process.
    func deliver(_ message: AlertMessage, from node: Node) async -> DeliveryOutcome {
        await node.pass()
        if chance.strikes(.deliveryRefused) { return .retry(reason: "simulated: refused", after: nil) }
        if chance.strikes(.receiverDelayed) { try? await node.clock.sleep(for: chance.duration(FaultyBroker.delays)) }
        await node.pass()
        take(message)
        if chance.strikes(.deliveryAnswerLost) { return .retry(reason: "simulated: no answer", after: nil) }
        await node.pass()
        return .delivered(reference: nil)
    }

    private func take(_ message: AlertMessage) {
        deliveries += 1
        for item in message.items {
            guard let incident = item.incidentID else { continue }
            keys[News(incident: incident, event: item.event), default: []].insert(message.id)
            Simulator.shared.note(mix64(UInt64(bitPattern: incident)) ^ UInt64(item.event == .firing ? 1 : 2))
        }
    }
}
