import Base
import Broker
import CRDKafka
import TestSupport
import Testing

@testable import KafkaBroker

/// What librdkafka's mock of a cluster can show, also where no Kafka is at hand.
@Suite(.serialized) struct KafkaMockTests {
    /// A mock of one broker in this process; ends when it is released.
    private final class Mock {
        private let handle: OpaquePointer
        private let cluster: OpaquePointer
        let bootstrap: String

        init() throws {
            struct NoMock: Error {}
            guard let handle = rd_kafka_new(RD_KAFKA_PRODUCER, nil, nil, 0),
                let cluster = rd_kafka_mock_cluster_new(handle, 1)
            else { throw NoMock() }
            (self.handle, self.cluster) = (handle, cluster)
            bootstrap = String(cString: rd_kafka_mock_cluster_bootstraps(cluster))
            for (topic, partitions) in [("numbers", 4), ("keyed", 64), ("numbers.dead", 1), ("keyed.dead", 1)] {
                rd_kafka_mock_topic_create(cluster, topic, Int32(partitions), 1)
            }
        }

        deinit {
            rd_kafka_mock_cluster_destroy(cluster)
            rd_kafka_destroy(handle)
        }
    }

    private let topic = Topic<Int>(name: "numbers", capacity: 1000, whenFull: .block)
    private let keyed = Topic<Int>(name: "keyed", capacity: 1000, whenFull: .block) { UInt64($0) }

    private func broker(_ mock: Mock) throws -> KafkaBroker {
        var codecs = MessageCodecs()
        codecs.add(MessageCodec<Int>.numbers)
        var configuration = KafkaConfiguration(bootstrapServers: mock.bootstrap)
        // A busy machine delays the mock.
        (configuration.patience, configuration.deliveryTimeout) = (.seconds(60), .seconds(60))
        // The mock makes no topics, and does not say so.
        configuration.creationLimit = .seconds(1)
        return try KafkaBroker(
            configuration: configuration,
            codecs: codecs,
            metrics: MetricsRegistry(),
            logger: Logger(label: "test", handler: SilentLogHandler())
        )
    }

    @Test func groupsReceiveAcknowledgeAndHandOver() async throws {
        let mock = try Mock()
        let broker = try broker(mock)
        let first = try await broker.consume(topic, group: "a", redelivery: .seconds(600))
        try await broker.publish(Array(0..<50), to: topic)
        let got = await first.receive(count: 50)
        #expect(got.messages.sorted() == Array(0..<50))
        try await first.acknowledge(got.ids)
        await first.cancel()
        let second = try await broker.consume(topic, group: "a", redelivery: .seconds(600))
        try await broker.publish([50], to: topic)
        #expect(await second.receive(count: 1).messages == [50])
        await broker.close()
        withExtendedLifetime(mock) {}
    }

    /// Messages come at any moment of a receiver that looks, and then waits.
    @Test func messageThatComesAsAReceiverBeginsToWaitIsNotMissed() async throws {
        let mock = try Mock()
        let broker = try broker(mock)
        let member = try await broker.consume(topic, group: "a", redelivery: .seconds(600))
        let publishing = Task { for number in 0..<400 { try await broker.publish([number], to: topic) } }
        var seen: Set<Int> = []
        while seen.count < 400 {
            let got = await member.receive(upTo: 10)
            try await member.acknowledge(got.ids)
            seen.formUnion(got.messages)
        }
        try await publishing.value
        #expect(seen == Set(0..<400))
        await broker.close()
        withExtendedLifetime(mock) {}
    }

    @Test func ownerReceivesPartitionsInOrder() async throws {
        let mock = try Mock()
        let broker = try broker(mock)
        let member = try await broker.consumePartitions(keyed, group: "a", redelivery: .seconds(600))
        #expect(await KafkaTests.assigned(member) == Partition.all)
        try await broker.publish((0..<100).map { $0 % 10 * 100 + $0 / 10 }, to: keyed)
        var seen: [Int] = []
        while seen.count < 100, case .messages(let got) = await member.next(upTo: 100) {
            seen += got.messages
            try await member.acknowledge(got.ids)
        }
        #expect(Set(seen).count == 100)
        await broker.close()
        withExtendedLifetime(mock) {}
    }
}
