import Base
import Broker
import TestSupport
import Testing

@Suite struct InProcessBrokerTests {
    private let clock = ManualClock()
    private let metrics = MetricsRegistry()
    private var broker: InProcessBroker { InProcessBroker(metrics: metrics, clock: clock) }

    private func topic(_ capacity: Int = 100, _ overflow: Topic<Int>.Overflow = .refuse) -> Topic<Int> {
        Topic(name: "numbers", capacity: capacity, whenFull: overflow)
    }

    @Test func unacknowledgedMessagesAreRedeliveredFirst() async throws {
        let broker = broker
        let subscription = try await broker.consume(topic(), group: "a", redelivery: .seconds(10))
        try await broker.publish([1, 2, 3], to: topic())
        let first = await subscription.receive(upTo: 3)
        try await subscription.acknowledge([first.id(at: 1)])
        clock.advance(by: .seconds(9))
        try await broker.publish([4], to: topic())
        #expect(await subscription.receive(upTo: 10).messages == [4])
        clock.advance(by: .seconds(1))
        let again = await subscription.receive(upTo: 10)
        #expect(again.messages == [1, 3])
        #expect(again.attempt == 2)
        try await subscription.acknowledge(again.ids)
        #expect(metrics.prometheusText().contains(#"sentinel_broker_redelivered_total{topic="numbers"} 2"#))
    }

    @Test func redeliveryWakesAWaitingReceiver() async throws {
        let broker = broker
        let subscription = try await broker.consume(topic(), group: "a", redelivery: .seconds(10))
        try await broker.publish([1], to: topic())
        _ = await subscription.receive(upTo: 1)
        let waiting = Task { await subscription.receive(upTo: 1) }
        await eventually { clock.sleeperCount != 0 }
        clock.advance(by: .seconds(10))
        #expect(await waiting.value.attempt == 2)
    }

    @Test(
        "messages published before the first group joins are kept for it, up to the topic's capacity",
        arguments: [Topic<Int>.Overflow.refuse, .dropOldest, .block]
    )
    func messagesBeforeTheFirstGroup(_ overflow: Topic<Int>.Overflow) async throws {
        let broker = broker
        let topic = topic(3, overflow)
        try await broker.publish([1, 2], to: topic)
        try await broker.publish([3, 4], to: topic)
        #expect(metrics.prometheusText().contains(#"sentinel_broker_dropped_total{topic="numbers"} 1"#))
        let first = try await broker.consume(topic, group: "a", redelivery: .seconds(10))
        let second = try await broker.consume(topic, group: "b", redelivery: .seconds(10))
        #expect(await first.receive(upTo: 2).messages == [2, 3])
        let rest = await first.receive(upTo: 9)
        #expect(rest.messages == [4])
        try await first.acknowledge(rest.ids)
        clock.advance(by: .seconds(10))
        #expect(await first.receive(upTo: 9).messages == [2, 3])
        try await broker.publish([5], to: topic)
        #expect(await second.receive(upTo: 9).messages == [5])
    }

    @Test func cancellationAndClosingEndEveryWait() async throws {
        let broker = broker
        let subscription = try await broker.consume(topic(1, .block), group: "a", redelivery: .seconds(10))
        let cancelled = Task { await subscription.receive(upTo: 1) }
        cancelled.cancel()
        #expect(await cancelled.value.isEmpty)
        let waiting = Task { await subscription.receive(upTo: 1) }
        let listening = Task {
            await broker.listen(topic(1, .block)).reduce(0) {
                if case .message(let number) = $1 { $0 + number } else { $0 }
            }
        }
        try await broker.publish([1], to: topic(1, .block))
        #expect(await waiting.value.messages == [1])
        await broker.broadcast(5, on: topic(1, .block))
        broker.close()
        #expect(await [0, 5].contains(listening.value))
        await #expect(throws: BrokerError.closed) { try await broker.publish([1], to: topic(1, .block)) }
    }

    @Test func messagesMissedBySlowListenersAreCounted() async throws {
        let broker = broker
        let listening = await broker.listen(topic(2))
        for number in 1...5 { await broker.broadcast(number, on: topic(2)) }
        #expect(metrics.prometheusText().contains(#"sentinel_broker_unheard_total{topic="numbers"} 3"#))
        let iterator = listening.makeAsyncIterator()
        guard case .missed(3)? = await iterator.next() else { return _ = Issue.record("nothing was said to be missed") }
        #expect(await iterator.next()?.message == 4)
        #expect(await iterator.next()?.message == 5)
    }

    @Test func closedBrokerRefusesAcknowledgements() async throws {
        let broker = broker
        let subscription = try await broker.consume(topic(), group: "a", redelivery: .seconds(10))
        try await broker.publish([1], to: topic())
        let got = await subscription.receive(upTo: 1)
        broker.close()
        await #expect(throws: BrokerError.closed) { try await subscription.acknowledge(got.ids) }
    }

    /// Members join and leave, acknowledge or not: in the end every message is acknowledged, and none is lost.
    @Test(arguments: 0..<5) func nothingIsLostUnderRandomUse(_ seed: UInt64) async throws {
        var random = SeededGenerator(seed: seed)
        let broker = broker
        var members = [try await broker.consume(topic(10_000), group: "a", redelivery: .seconds(5))]
        var acknowledged: Set<Int> = []
        var published = 0
        for _ in 0..<400 {
            switch Int.random(in: 0..<6, using: &random) {
            case 0, 1:
                let batch = Array(published..<published + Int.random(in: 1...20, using: &random))
                try await broker.publish(batch, to: topic(10_000))
                published += batch.count
            case 2: members.append(try await broker.consume(topic(10_000), group: "a", redelivery: .seconds(5)))
            case 3 where members.count > 1: await members.removeLast().cancel()
            case 4: clock.advance(by: .seconds(Int.random(in: 0...3, using: &random)))
            default:
                try await broker.publish([published], to: topic(10_000))
                published += 1
                guard let member = members.randomElement(using: &random) else { continue }
                let got = await member.receive(upTo: Int.random(in: 1...10, using: &random))
                guard Bool.random(using: &random) else { continue }
                try await member.acknowledge(got.ids)
                acknowledged.formUnion(got.messages)
            }
        }
        while acknowledged.count < published {
            clock.advance(by: .seconds(5))
            let got = await members[0].receive(upTo: 1000)
            try await members[0].acknowledge(got.ids)
            acknowledged.formUnion(got.messages)
        }
        #expect(acknowledged == Set(0..<published), "seed \(seed)")
    }
}
