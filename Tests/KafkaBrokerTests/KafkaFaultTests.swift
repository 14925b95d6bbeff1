import Base
import Broker
import TestSupport
import Testing

@testable import KafkaBroker

extension KafkaTests {
    static func reason(_ error: BrokerError?) -> String {
        switch error {
        case .unavailable(let reason), .refused(let reason): reason
        case let error: String(describing: error)
        }
    }

    @Test("20,000 messages while Kafka is killed and restarted: none is lost") func killedKafkaLosesNothing()
        async throws
    {
        let bench = try await Bench(killing: true)
        try await bench.run { broker in
            let member = try await broker.consume(bench.keyed, group: "a", redelivery: .seconds(60))
            let published = Locked(0)
            let publishing = Task {
                for start in stride(from: 0, to: 20_000, by: 200) {
                    // A failed batch is published again, as the roles do.
                    while (try? await broker.publish(Array(start..<start + 200), to: bench.keyed)) == nil {}
                    published.withLock { $0 = start + 200 }
                }
            }
            await eventually { published.withLock { $0 } >= 4000 }
            try await bench.server.kill()
            try await bench.server.restart()
            var found: Set<Int> = []
            while found.count < 20_000 {
                let got = await member.receive(upTo: 1000)
                found.formUnion(got.messages)
                try await member.acknowledge(got.ids)
            }
            await publishing.value
            #expect(found == Set(0..<20_000))
        }
    }

    @Test func garbageOfOthersBecomesADeadLetterAndTheRestGoesOn() async throws {
        let bench = try await Bench()
        try await bench.run { broker in
            let member = try await broker.consume(bench.topic, group: "a", redelivery: .seconds(60))
            _ = try await bench.server.kcat(["-P", "-t", bench.prefix + "numbers"], input: "1\n{garbage\n2\n")
            #expect(try await Self.receive(2, from: member).sorted() == [1, 2])
            await eventually { bench.metrics.prometheusText().contains(#"dead_letters_total{topic="numbers"} 1"#) }
            let dead = try await bench.server.kcat(
                ["-C", "-t", bench.prefix + "numbers.dead", "-o", "beginning", "-e", "-q", "-f", "%h|%s\n"]
            )
            #expect(dead.contains("reason=it is no number"), "\(dead)")
            #expect(dead.contains("topic=\(bench.prefix)numbers") && dead.contains("group=a"), "\(dead)")
            #expect(dead.contains("|{garbage"))
        }
    }

    @Test func foreignMessageInTheWrongPartitionIsADeadLetter() async throws {
        let bench = try await Bench()
        try await bench.run { broker in
            let member = try await broker.consumePartitions(bench.keyed, group: "a", redelivery: .seconds(60))
            _ = await Self.assigned(member)
            let wrong = (Partition.of(5).rawValue + 1) % Partition.count
            _ = try await bench.server.kcat(["-P", "-t", bench.prefix + "keyed", "-p", "\(wrong)"], input: "5\n")
            let waiting = Task { await member.next(upTo: 9) }
            await eventually { bench.metrics.prometheusText().contains(#"dead_letters_total{topic="keyed"} 1"#) }
            try await broker.publish([5], to: bench.keyed)
            guard case .messages(let got) = await waiting.value else { return _ = Issue.record("no message") }
            #expect(got.messages == [5])
        }
    }

    @Test func rejectedMessagesBecomeDeadLetters() async throws {
        let bench = try await Bench()
        try await bench.run { broker in
            let member = try await broker.consume(bench.topic, group: "a", redelivery: .seconds(60))
            try await broker.publish([1], to: bench.topic)
            try await member.reject(await member.receive(upTo: 9).ids)
            let dead = try await broker.consume(bench.topic.deadLetters, group: "people", redelivery: .seconds(60))
            #expect(await dead.receive(upTo: 9).messages == [1])
        }
    }

    @Test func tooLargeMessagesAreNamedAndHoldNothingUp() async throws {
        let bench = try await Bench()
        let topic = Topic<String>(name: "texts", capacity: 1000, whenFull: .block)
        try await bench.run { broker in
            // Incompressible beyond the broker's limit, and beyond the client's own.
            var random = SeededGenerator(seed: 1)
            let large = String(
                (0..<300_000).map { _ in "abcdefghijklmnopqrstuvwxyz0123456789".randomElement(using: &random) ?? "a" }
            )
            let huge = String(repeating: "x", count: 2_000_000)
            let member = try await broker.consume(topic, group: "a", redelivery: .seconds(60))
            let error = await #expect(throws: BrokerError.self) {
                try await broker.publish(["first", large, huge, "last"], to: topic)
            }
            #expect(Self.reason(error).contains("2 of 4 messages are too large"), "\(Self.reason(error))")
            try await broker.publish(["next"], to: topic)
            var found: Set<String> = []
            while found.count < 3 { found.formUnion(await member.receive(upTo: 9).messages) }
            #expect(found == ["first", "last", "next"])
        }
    }

    @Test func unreachableKafkaIsNamed() async throws {
        var bench = try await Bench()
        let nobody = RefusingPort()
        defer { withExtendedLifetime(nobody) {} }
        bench.configuration = KafkaConfiguration(bootstrapServers: "127.0.0.1:\(nobody.port)")
        bench.configuration.patience = .seconds(2)
        try await bench.run { broker in
            let error = await #expect(throws: BrokerError.self) { try await broker.publish([1], to: bench.topic) }
            #expect(Self.reason(error).contains("Kafka at 127.0.0.1:"), "\(Self.reason(error))")
            #expect(Self.reason(error).contains("Connection refused"), "\(Self.reason(error))")
            let problem = try #require(await broker.problem())
            #expect(problem.contains("Kafka at 127.0.0.1:") && problem.contains("Connection refused"), "\(problem)")
            await #expect(throws: BrokerError.self) {
                _ = try await broker.consume(bench.topic, group: "a", redelivery: .seconds(60))
            }
        }
    }

    // MARK: Broadcasts

    @Test func listenersHearOnlyBroadcastsFromNowOn() async throws {
        let bench = try await Bench()
        try await bench.run { broker in
            await broker.broadcast(1, on: bench.topic)
            let other = try bench.broker()
            let iterator = await other.listen(bench.topic).makeAsyncIterator()
            try await broker.publish([2], to: bench.topic)
            await broker.broadcast(3, on: bench.topic)
            await broker.broadcast(4, on: bench.topic)
            #expect(await iterator.next()?.message == 3)
            #expect(await iterator.next()?.message == 4)
            let member = try await broker.consume(bench.topic, group: "a", redelivery: .seconds(60))
            #expect(try await Self.receive(1, from: member) == [2])
            await other.close()
        }
    }

    /// A listener is in no group: what it cannot read is kept all the same.
    @Test func garbageAmongBroadcastsIsADeadLetter() async throws {
        let bench = try await Bench()
        try await bench.run { broker in
            let iterator = await broker.listen(bench.topic).makeAsyncIterator()
            _ = try await bench.server.kcat(["-P", "-t", bench.prefix + "numbers"], input: "{garbage\n5\n")
            await broker.broadcast(6, on: bench.topic)
            #expect(await iterator.next()?.message == 6)
            await eventually { bench.metrics.prometheusText().contains(#"dead_letters_total{topic="numbers"} 1"#) }
            let dead = try await bench.server.kcat(
                ["-C", "-t", bench.prefix + "numbers.dead", "-o", "beginning", "-e", "-q", "-f", "%h|%s\n"]
            )
            #expect(dead.contains("reason=it is no number") && dead.contains("|{garbage"), "\(dead)")
        }
    }

    @Test func listenersHearOnAfterKafkaWasKilled() async throws {
        let bench = try await Bench(killing: true)
        try await bench.run { broker in
            let iterator = await broker.listen(bench.topic).makeAsyncIterator()
            await broker.broadcast(1, on: bench.topic)
            #expect(await iterator.next()?.message == 1)
            try await bench.server.kill()
            await broker.broadcast(2, on: bench.topic)
            try await bench.server.restart()
            #expect(await iterator.next()?.message == 2)
        }
    }
}
