import Base
import Broker
import TestSupport
import Testing

@testable import KafkaBroker

/// The broker against a real Kafka; one after the other, since some kill it.
@Suite(.serialized, .enabled(if: KafkaServer.isPresent, "no Kafka is at hand: see docs/kafka.md"))
struct KafkaTests {
    static let numbers = MessageCodec<Int> { number in
        Array("\(number)".utf8)
    } decode: { bytes throws(MessageError) in
        let text = String(decoding: bytes, as: UTF8.self)
        if text == "hint" { return nil }
        guard let number = Int(text) else { throw MessageError("it is no number") }
        return number
    }

    /// One broker object for a test, with names of its own.
    struct Bench {
        let server: KafkaServer
        let metrics = MetricsRegistry()
        let prefix: String
        var configuration: KafkaConfiguration
        let topic = Topic<Int>(name: "numbers", capacity: 100_000, whenFull: .block)
        let keyed = Topic<Int>(name: "keyed", capacity: 100_000, whenFull: .block) { UInt64($0 % 1000) }

        /// With `killing`, on the server that tests may kill.
        init(killing: Bool = false) async throws {
            server = try await killing ? KafkaServer.mortal() : KafkaServer.shared()
            prefix = server.newPrefix()
            configuration = KafkaConfiguration(bootstrapServers: server.bootstrap)
            configuration.prefix = prefix
            configuration.sessionTimeout = .seconds(2)
        }

        func broker() throws -> KafkaBroker {
            var codecs = MessageCodecs()
            codecs.add(KafkaTests.numbers)
            codecs.add(
                MessageCodec<String> {
                    Array($0.utf8)
                } decode: {
                    String(decoding: $0, as: UTF8.self)
                }
            )
            let logger = Logger(label: "test", handler: SilentLogHandler())
            return try KafkaBroker(configuration: configuration, codecs: codecs, metrics: metrics, logger: logger)
        }

        /// Runs a body with a broker that is closed afterwards.
        func run(_ body: (KafkaBroker) async throws -> Void) async throws {
            let broker = try broker()
            do { try await body(broker) } catch {
                await broker.close()
                throw error
            }
            await broker.close()
        }
    }

    /// Receives until there are as many messages as wanted; acknowledges them.
    static func receive(_ count: Int, from member: some Subscription<Int>) async throws -> [Int] {
        var found: [Int] = []
        while found.count < count {
            let got = await member.receive(upTo: 1000)
            guard !got.isEmpty else { return found }
            try await member.acknowledge(got.ids)
            found += got.messages
        }
        return found
    }

    // MARK: Groups

    @Test func everyGroupGetsEveryMessage() async throws {
        let bench = try await Bench()
        try await bench.run { broker in
            let topic = bench.topic
            let first = try await broker.consume(topic, group: "a", redelivery: .seconds(60))
            let second = try await broker.consume(topic, group: "b", redelivery: .seconds(60))
            try await broker.publish(Array(0..<100), to: topic)
            #expect(try await Self.receive(100, from: first).sorted() == Array(0..<100))
            #expect(try await Self.receive(100, from: second).sorted() == Array(0..<100))
        }
    }

    @Test func whatIsAcknowledgedDoesNotComeAgainAndTheRestDoes() async throws {
        let bench = try await Bench()
        try await bench.run { broker in
            try await broker.publish(Array(0..<100), to: bench.keyed)
            let first = try await broker.consume(bench.keyed, group: "a", redelivery: .seconds(60))
            var kept: Set<Int> = []
            var count = 0
            while count < 100 {
                let got = await first.receive(upTo: 10)
                count += got.count
                // The even ones of each batch are done.
                try await first.acknowledge(got.messages.indices.filter { got.messages[$0] % 2 == 0 }.map(got.id(at:)))
                kept.formUnion(got.messages.filter { $0 % 2 == 1 })
            }
            await first.cancel()
            let second = try await broker.consume(bench.keyed, group: "a", redelivery: .seconds(60))
            var again: Set<Int> = []
            while !kept.isSubset(of: again) { again.formUnion(try await Self.receive(1, from: second)) }
            await second.cancel()
            // All is done now: a third member waits.
            let third = try await broker.consume(bench.keyed, group: "a", redelivery: .seconds(60))
            try await broker.publish([1000], to: bench.keyed)
            #expect(try await Self.receive(1, from: third) == [1000])
        }
    }

    @Test func unacknowledgedMessagesComeAgainToTheSameMember() async throws {
        let bench = try await Bench()
        try await bench.run { broker in
            let member = try await broker.consume(bench.topic, group: "a", redelivery: .milliseconds(300))
            try await broker.publish([7], to: bench.topic)
            #expect(await member.receive(upTo: 9).attempt == 1)
            let again = await member.receive(upTo: 9)
            #expect(again.attempt == 2)
            #expect(again.messages == [7])
            #expect(bench.metrics.prometheusText().contains("sentinel_broker_redelivered_total"))
        }
    }

    @Test func backlogIsCountedByGroup() async throws {
        let bench = try await Bench()
        try await bench.run { broker in
            let member = try await broker.consume(bench.topic, group: "a", redelivery: .seconds(60))
            try await broker.publish(Array(0..<10), to: bench.topic)
            let got = await member.receive(count: 10)
            try await member.reject(Array(got.ids.prefix(1)))
            try await member.acknowledge(Array(got.ids.dropFirst()))
            try await broker.publish([10, 11, 12], to: bench.topic)
            // Kafka is told a moment later what is done.
            var backlog: TopicBacklog?
            try await eventually {
                backlog = try await broker.backlog().first { $0.topic == "numbers" }
                return backlog?.waiting == 3
            }
            #expect(backlog?.group == "a")
            #expect(backlog?.members == 1)
            #expect(backlog?.deadLetters == 1)
            await member.cancel()
            try await eventually { try await broker.backlog().first { $0.topic == "numbers" }?.members == 0 }
        }
    }

    @Test func messagesOfADeadMemberGoToTheOthers() async throws {
        let bench = try await Bench()
        try await bench.run { broker in
            let dying = try await broker.join(bench.topic, "a", .seconds(60), .shared)
            try await broker.publish(Array(0..<500), to: bench.topic)
            var taken = 0
            while taken < 500 { taken += await dying.receive(upTo: 100).count }
            let other = try await broker.consume(bench.topic, group: "a", redelivery: .seconds(60))
            await dying.die()
            var found: Set<Int> = []
            while found.count < 500 { found.formUnion(try await Self.receive(1, from: other)) }
            #expect(found == Set(0..<500))
        }
    }

    @Test func cancellationAndClosingEndEveryWait() async throws {
        let bench = try await Bench()
        let broker = try bench.broker()
        let member = try await broker.consume(bench.topic, group: "a", redelivery: .seconds(60))
        let cancelled = Task { await member.receive(upTo: 1) }
        cancelled.cancel()
        #expect(await cancelled.value.isEmpty)
        let waiting = Task { await member.receive(upTo: 1) }
        let listening = Task { await broker.listen(bench.topic).reduce(0) { count, _ in count + 1 } }
        try await broker.publish([1], to: bench.topic)
        #expect(await waiting.value.messages == [1])
        await broker.close()
        #expect(await listening.value == 0)
        #expect(await member.receive(upTo: 1).isEmpty)
        await #expect(throws: BrokerError.closed) { try await broker.publish([1], to: bench.topic) }
    }
}
