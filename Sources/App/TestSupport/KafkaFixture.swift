package import Base
import Broker
import KafkaBroker
import Runtime

/// Brokers on the tests' Kafka, each with topics of its own.
package enum KafkaFixture {
    /// A broker whose members count as dead late, since a busy machine delays them, and whose deliveries age by hand.
    package static func open(_ metrics: MetricsRegistry) async throws -> BrokerFixture {
        let place = await places.take()
        let server = try await KafkaServer.shared()
        var configuration = KafkaConfiguration(bootstrapServers: server.bootstrap)
        configuration.prefix = server.newPrefix()
        (configuration.sessionTimeout, configuration.heartbeat) = (.seconds(60), .milliseconds(100))
        (configuration.patience, configuration.deliveryTimeout) = (.seconds(60), .seconds(60))
        configuration.keepsTime = false
        var codecs = MessageCodecs()
        codecs.add(MessageCodec<Int>.numbers)
        let logger = Logger(label: "test", handler: SilentLogHandler())
        let broker = try KafkaBroker(configuration: configuration, codecs: codecs, metrics: metrics, logger: logger)
        return BrokerFixture(
            broker: broker,
            metrics: metrics,
            advance: { await broker.age(by: $0) },
            close: { [place] in
                await broker.close()
                withExtendedLifetime(place) {}
            }
        )
    }

    /// Many new topics at once keep the server busy for longer than anybody waits.
    private static let places = Places(3)

    /// A number of tests that may run at once.
    private actor Places {
        private var free: Int
        private var waiters: [CheckedContinuation<Void, Never>] = []

        init(_ count: Int) { free = count }

        /// One place; given back when it is released, also by a test that fails.
        final class Place: Sendable {
            private let places: Places
            init(_ places: Places) { self.places = places }
            deinit { Task { [places] in await places.giveBack() } }
        }

        func take() async -> Place {
            if free > 0 { free -= 1 } else { await withCheckedContinuation { waiters.append($0) } }
            return Place(self)
        }

        private func giveBack() {
            if waiters.isEmpty { free += 1 } else { waiters.removeFirst().resume() }
        }
    }
}
