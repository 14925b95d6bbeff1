import Base
package import Broker

/// The broker of a process that can be killed: no call of a dead process reaches it, and nothing is delivered to it.
package final class CrashingBroker: ForwardingBroker {
    package let inner: any Broker
    private let life: Lifeline
    private let leaving = Locked<[@Sendable () async -> Void]>([])

    package init(_ inner: any Broker, _ life: Lifeline) { (self.inner, self.life) = (inner, life) }

    /// Does what a broker does when it notices the death: other members get the process's deliveries and partitions.
    package func bury() async { for leave in leaving.withLock({ $0 }) { await leave() } }

    package func publish<Message: Sendable>(
        _ messages: [Message],
        to topic: Topic<Message>
    ) async throws(BrokerError) {
        guard life.step() else { throw .closed }
        try await inner.publish(messages, to: topic)
        guard life.step() else { throw .closed }
    }

    package func consume<Message: Sendable>(
        _ topic: Topic<Message>,
        group: String,
        redelivery: Duration
    ) async throws(BrokerError) -> any Subscription<Message> {
        let subscription = try await inner.consume(topic, group: group, redelivery: redelivery)
        leaving.withLock { $0.append { await subscription.cancel() } }
        return CrashingSubscription(inner: subscription, life: life)
    }

    package func consumePartitions<Message: Sendable>(
        _ topic: Topic<Message>,
        group: String,
        redelivery: Duration
    ) async throws(BrokerError) -> any PartitionSubscription<Message> {
        let subscription = try await inner.consumePartitions(topic, group: group, redelivery: redelivery)
        leaving.withLock { $0.append { await subscription.cancel() } }
        return CrashingPartitionSubscription(inner: subscription, life: life)
    }

    package func broadcast<Message: Sendable>(_ message: Message, on topic: Topic<Message>) async {
        if life.step() { await inner.broadcast(message, on: topic) }
    }
}

private struct CrashingSubscription<Message: Sendable>: Subscription {
    let inner: any Subscription<Message>
    let life: Lifeline

    func receive(upTo limit: Int) async -> Deliveries<Message> {
        let nothing = Deliveries<Message>(firstID: DeliveryID(rawValue: 0), attempt: 1, messages: [])
        guard life.step() else { return nothing }
        let got = await inner.receive(upTo: limit)
        return life.step() ? got : nothing
    }
    func acknowledge(_ ids: [DeliveryID]) async throws(BrokerError) {
        guard life.step() else { throw .closed }
        try await inner.acknowledge(ids)
        guard life.step() else { throw .closed }
    }
    func reject(_ ids: [DeliveryID]) async throws(BrokerError) {
        guard life.step() else { throw .closed }
        try await inner.reject(ids)
    }
    func cancel() async { if life.step() { await inner.cancel() } }
}

private struct CrashingPartitionSubscription<Message: Sendable>: PartitionSubscription {
    let inner: any PartitionSubscription<Message>
    let life: Lifeline

    func next(upTo limit: Int) async -> PartitionEvent<Message> {
        guard life.step() else { return .end }
        let event = await inner.next(upTo: limit)
        return life.step() ? event : .end
    }
    func release(_ partitions: [Partition]) async { if life.step() { await inner.release(partitions) } }
    func acknowledge(_ ids: [DeliveryID]) async throws(BrokerError) {
        guard life.step() else { throw .closed }
        try await inner.acknowledge(ids)
        guard life.step() else { throw .closed }
    }
    func reject(_ ids: [DeliveryID]) async throws(BrokerError) {
        guard life.step() else { throw .closed }
        try await inner.reject(ids)
    }
    func cancel() async { if life.step() { await inner.cancel() } }
}
