import Base
import Broker
import TestSupport

/// A broker that fails for some publications and rejects some acknowledgements.
final class FlakyBroker: ForwardingBroker {
    let inner: any Broker
    private let refusals = Locked<[String: Int]>([:])

    init(_ inner: any Broker) { self.inner = inner }

    /// Makes the next publications to a topic fail.
    func refuse(_ count: Int, on topic: String) { refusals.withLock { $0[topic] = count } }
    func refusalsLeft(on topic: String) -> Int { refusals.withLock { $0[topic] ?? 0 } }

    func publish<Message: Sendable>(_ messages: [Message], to topic: Topic<Message>) async throws(BrokerError) {
        let isRefused = refusals.withLock { refusals -> Bool in
            guard let left = refusals[topic.name], left > 0, !messages.isEmpty else { return false }
            refusals[topic.name] = left - 1
            return true
        }
        if isRefused { throw .unavailable(reason: "away") }
        try await inner.publish(messages, to: topic)
    }
}
