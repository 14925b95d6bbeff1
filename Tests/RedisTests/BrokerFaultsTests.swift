import Base
import Broker
import Redis
import TestSupport
import Testing

@testable import RedisBroker

/// What `/health` says about topics.
@Suite struct BrokerFaultsTests {
    private let topic = StreamTopic(Topic<Int>(name: "numbers", capacity: 10, whenFull: .refuse))
    private let logger = Logger(label: "test", handler: SilentLogHandler())

    private func broker(_ health: Health) -> Health.Status? {
        health.snapshot.first { $0.component == "broker" }?.status
    }

    @Test("a publisher that failed once and has nothing more to say is forgotten")
    func silentPublisherIsForgotten() async {
        let health = Health()
        let faults = BrokerFaults(health: health, patience: .milliseconds(50))
        faults.begin(.publishing, topic, nil, .unavailable("no memory"), logger)
        await eventually { broker(health) == .ok }
        // It may fail anew.
        faults.begin(.publishing, topic, nil, .unavailable("no memory"), logger)
        #expect(broker(health) != .ok)
    }

    @Test("a reader that fails is named until it works")
    func failingReaderStaysNamed() async {
        let health = Health()
        let faults = BrokerFaults(health: health, patience: .zero)
        faults.begin(.reading, topic, "a", .unavailable("no memory"), logger)
        faults.begin(.publishing, topic, nil, .unavailable("no memory"), logger)
        faults.end(.publishing, topic, nil, logger)
        #expect(broker(health) == .failing("reading numbers: \(RedisError.unavailable("no memory"))"))
        faults.end(.reading, topic, "a", logger)
        #expect(broker(health) == .ok)
    }
}
