import Base
import Broker
import CRDKafka
import Runtime
import TestSupport
import Testing

@testable import KafkaBroker

/// Topics that are deleted while they are used.
extension KafkaTests {
    /// Kafka's administration, as an operator uses it.
    private final class Operator {
        private let handle: OpaquePointer
        struct Refused: Error { let reason: String }

        init(_ server: KafkaServer) throws {
            var text = [CChar](repeating: 0, count: 256)
            let configuration = rd_kafka_conf_new()
            rd_kafka_conf_set(configuration, "bootstrap.servers", server.bootstrap, &text, text.count)
            rd_kafka_conf_set(configuration, "allow.auto.create.topics", "false", &text, text.count)
            handle = try #require(rd_kafka_new(RD_KAFKA_PRODUCER, configuration, &text, text.count))
        }
        deinit { rd_kafka_destroy(handle) }

        func delete(_ topic: String) throws {
            let queue = rd_kafka_queue_new(handle)
            var request = rd_kafka_DeleteTopic_new(topic)
            defer {
                rd_kafka_DeleteTopic_destroy(request)
                rd_kafka_queue_destroy(queue)
            }
            rd_kafka_DeleteTopics(handle, &request, 1, nil, queue)
            try finish(queue)
        }

        func make(_ topic: String, partitions: Int32) throws {
            let queue = rd_kafka_queue_new(handle)
            var request = rd_kafka_NewTopic_new(topic, partitions, 1, nil, 0)
            defer {
                rd_kafka_NewTopic_destroy(request)
                rd_kafka_queue_destroy(queue)
            }
            rd_kafka_CreateTopics(handle, &request, 1, nil, queue)
            try finish(queue)
        }

        private func finish(_ queue: OpaquePointer?) throws {
            let event = try #require(rd_kafka_queue_poll(queue, 60_000))
            defer { rd_kafka_event_destroy(event) }
            let code = rd_kafka_event_error(event)
            guard code == RD_KAFKA_RESP_ERR_NO_ERROR else { throw Refused(reason: KafkaHandle.text(of: code)) }
        }

        /// 0 when it is missing.
        func partitions(of topic: String) -> Int {
            var metadata: UnsafePointer<rd_kafka_metadata>?
            guard rd_kafka_metadata(handle, 1, nil, &metadata, 60_000) == RD_KAFKA_RESP_ERR_NO_ERROR, let metadata
            else { return -1 }
            defer { rd_kafka_metadata_destroy(metadata) }
            // Invariant: `topics` has `topic_cnt` elements.
            for index in 0..<Int(metadata.pointee.topic_cnt) {
                let found = metadata.pointee.topics[index]
                if KafkaHandle.string(found.topic) == topic { return Int(found.partition_cnt) }
            }
            return 0
        }
    }

    /// Looks as the watch does, until nothing is wrong; returns what was wrong before.
    private func settle(_ broker: KafkaBroker) async -> [String] {
        var problems: [String] = []
        await eventually {
            guard let problem = await broker.problem() else { return true }
            problems.append(problem)
            return false
        }
        return problems
    }

    /// A client makes nothing by asking, and nothing by sending: Kafka would choose the number of partitions.
    @Test func noTopicIsMadeByAccident() async throws {
        let bench = try await Bench()
        let administration = try Operator(bench.server)
        try await bench.run { broker in
            try await broker.publish([1], to: bench.keyed)
            try administration.delete(bench.prefix + "keyed")
            await eventually { administration.partitions(of: bench.prefix + "keyed") == 0 }
            _ = try? await broker.publish([1], to: bench.keyed)
            _ = await settle(broker)
            #expect(administration.partitions(of: bench.prefix + "keyed") == Partition.count)
            let handle = try await broker.client()
            _ = await KafkaProbe().look(handle, at: [bench.prefix + "other"])
            #expect(administration.partitions(of: bench.prefix + "other") == 0)
        }
    }

    @Test(arguments: [3, 40]) func topicThatIsDeletedIsMadeAnewAndReadFromItsBeginning(later: Int) async throws {
        let bench = try await Bench()
        let administration = try Operator(bench.server)
        let name = bench.prefix + "keyed"
        try await bench.run { broker in
            let other = try bench.broker()
            // All in one partition.
            let old = Array(repeating: 7, count: 20)
            let member = try await broker.consume(bench.keyed, group: "a", redelivery: .seconds(60))
            try await other.publish(old, to: bench.keyed)
            #expect(try await Self.receive(20, from: member) == old)
            #expect(await broker.problem() == nil)
            #expect(await other.problem() == nil)
            try administration.delete(name)
            await eventually { administration.partitions(of: name) == 0 }
            let problems = await settle(other)
            #expect(problems.first?.contains("\(name) is missing") == true, "\(problems)")
            #expect(administration.partitions(of: name) == Partition.count)
            try await other.publish((0..<later).map { 1000 * $0 + 7 }, to: bench.keyed)
            _ = await settle(broker)
            var found: Set<Int> = []
            while found.count < later {
                let got = await member.receive(upTo: 1000)
                try await member.acknowledge(got.ids)
                found.formUnion(got.messages)
            }
            #expect(found == Set((0..<later).map { 1000 * $0 + 7 }))
            await other.close()
        }
    }

    @Test func wrongNumberOfPartitionsIsNamedAndPublishersGoOnOnceItIsMended() async throws {
        let bench = try await Bench()
        let administration = try Operator(bench.server)
        let name = bench.prefix + "keyed"
        try await bench.run { broker in
            try await broker.publish([1], to: bench.keyed)
            try administration.delete(name)
            await eventually { administration.partitions(of: name) == 0 }
            try administration.make(name, partitions: 4)
            await eventually { await broker.problem()?.contains("has 4 partitions, and must have 64") == true }
            let error = await #expect(throws: BrokerError.self) { try await broker.publish([1], to: bench.keyed) }
            #expect(error?.description.contains("has 4 partitions, and must have 64") == true, "\(error as Any)")
            try administration.delete(name)
            await eventually { administration.partitions(of: name) == 0 }
            _ = await settle(broker)
            try await broker.publish([1], to: bench.keyed)
            let member = try await broker.consume(bench.keyed, group: "a", redelivery: .seconds(60))
            #expect(try await Self.receive(1, from: member) == [1])
        }
    }
}

/// What a process does that starts while nobody serves Kafka's address.
@Suite struct KafkaOutageTests {
    @Test func watchHoldsNobodyUpThatIsNotInNeedAndListeningDoesNotWait() async throws {
        let nobody = RefusingPort()
        defer { withExtendedLifetime(nobody) {} }
        var codecs = MessageCodecs()
        codecs.add(MessageCodec<Int>.numbers)
        let broker = try KafkaBroker(
            configuration: KafkaConfiguration(bootstrapServers: "127.0.0.1:\(nobody.port)"),
            codecs: codecs,
            metrics: MetricsRegistry(),
            logger: Logger(label: "test", handler: SilentLogHandler())
        )
        let (health, shutdown, ready) = (Health(), GracefulShutdown(), Readiness())
        let watch = KafkaWatch(
            broker,
            health: health,
            logger: Logger(label: "test", handler: SilentLogHandler()),
            isNeeded: false
        )
        let running = Task { try await watch.run(until: shutdown, ready: ready) }
        await ready.wait()
        guard case .failing(let reason)? = health.snapshot.first(where: { $0.component == "kafka" })?.status else {
            return _ = Issue.record("not said")
        }
        #expect(reason.contains("does not answer"), "\(reason)")
        #expect(broker.outage == reason)
        // Neither asks for what is known: that would take ten seconds each.
        let start = MonotonicTime.now
        for number in 0..<10 {
            _ = await broker.listen(Topic<Int>(name: "numbers\(number)", capacity: 10, whenFull: .block))
        }
        let error = await #expect(throws: BrokerError.self) {
            try await broker.publish([1], to: Topic<Int>(name: "numbers", capacity: 10, whenFull: .block))
        }
        #expect(error?.description == reason)
        #expect(MonotonicTime.now - start < .seconds(9))
        shutdown.trigger()
        try await running.value
        await broker.close()
    }
}
