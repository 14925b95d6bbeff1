import Base
import Broker
import Domain
import Runtime

/// Records what is published and broadcast; can refuse to publish.
final class RecordingBroker: Broker {
    private struct State {
        var jobs: [CheckJob] = []
        var results: [CheckResult] = []
        var events: [MonitorEvent] = []
        var maintenanceChanges: [MaintenanceChanged] = []
        var refusal: BrokerError?
        var outage: String?
        /// Publishing waits for it.
        var release: OneWaySwitch?
    }
    private let state = Locked(State())

    var jobs: [CheckJob] { state.withLock { $0.jobs } }
    var results: [CheckResult] { state.withLock { $0.results } }
    var events: [MonitorEvent] { state.withLock { $0.events } }
    var maintenanceChanges: [MaintenanceChanged] { state.withLock { $0.maintenanceChanges } }
    var outage: String? { state.withLock { $0.outage } }
    func say(outage: String) { state.withLock { $0.outage = outage } }
    /// Lets publishing hang, as with a broker that does not answer, until the switch is turned on.
    func hold(until release: OneWaySwitch) { state.withLock { $0.release = release } }
    func refuse(_ error: BrokerError?) { state.withLock { $0.refusal = error } }

    func publish<Message: Sendable>(_ messages: [Message], to topic: Topic<Message>) async throws(BrokerError) {
        await state.withLock { $0.release }?.wait()
        let refusal = state.withLock { state in
            if state.refusal == nil {
                state.jobs += messages.compactMap { $0 as? CheckJob }
                state.results += messages.compactMap { $0 as? CheckResult }
            }
            return state.refusal
        }
        if let refusal { throw refusal }
    }

    func consume<Message: Sendable>(
        _ topic: Topic<Message>,
        group: String,
        redelivery: Duration
    ) async throws(BrokerError) -> any Subscription<Message> { throw .closed }

    func broadcast<Message: Sendable>(_ message: Message, on topic: Topic<Message>) async {
        if let event = message as? MonitorEvent { state.withLock { $0.events.append(event) } }
        if let change = message as? MaintenanceChanged { state.withLock { $0.maintenanceChanges.append(change) } }
    }

    func consumePartitions<Message: Sendable>(
        _ topic: Topic<Message>,
        group: String,
        redelivery: Duration
    ) async throws(BrokerError) -> any PartitionSubscription<Message> { throw .closed }

    func listen<Message: Sendable>(_ topic: Topic<Message>) async -> Broadcasts<Message> { .none }
}
