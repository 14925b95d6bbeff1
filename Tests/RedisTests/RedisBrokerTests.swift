import Base
import Broker
import Glibc
import Redis
import RedisBroker
import Runtime
import TestSupport
import Testing

/// What only the broker over Redis does.
@Suite struct RedisBrokerTests {
    private let metrics = MetricsRegistry()
    private let topic = Topic<Int>(name: "numbers", capacity: 100_000, whenFull: .refuse)
    private var keyed: Topic<Int> { Topic(name: "keyed", capacity: 100_000, whenFull: .refuse) { UInt64($0 % 100) } }

    private func client(_ url: RedisURL) -> RedisClient {
        RedisClient(url, on: RedisFixture.loop, patience: .seconds(60))
    }

    /// Publishes until the broker takes it; whoever publishes again may repeat messages.
    private func insist(_ broker: RedisBroker, _ numbers: [Int], _ topic: Topic<Int>) async throws {
        try await eventually { () throws(BrokerError) in
            do throws(BrokerError) { try await broker.publish(numbers, to: topic) } catch {
                guard case .unavailable = error else { throw error }
                return false
            }
            return true
        }
    }

    @Test func foreignEntriesBecomeDeadLettersWithTheReason() async throws {
        let url = try await RedisServer.shared().url(ownDatabase: true)
        let broker = RedisFixture.broker(url, metrics)
        let client = client(url)
        let member = try await broker.consume(topic, group: "a", redelivery: .seconds(60))
        try await broker.publish([1, 2], to: topic)
        try await client.call(RedisCommand("XADD", "sentinel:numbers", "*", "m", "{garbage"))
        try await client.call(RedisCommand("XADD", "sentinel:numbers", "*", "other", "7"))
        try await broker.publish([3], to: topic)
        #expect(await member.receive(count: 3).messages == [1, 2, 3])
        let dead = try await client.call(RedisCommand("XRANGE", "sentinel:numbers.dead", "-", "+"))
        let text = "\(dead.array?.compactMap { $0.array?.last?.array?.compactMap(\.text) } ?? [])"
        #expect(text.contains("{garbage") && text.contains("the message is no number"))
        #expect(text.contains("the entry has no field m"))
        #expect(metrics.prometheusText().contains(#"sentinel_broker_dead_letters_total{topic="numbers"} 2"#))
        await client.close()
        await broker.close()
    }

    @Test("a message in another stream than its key's becomes a dead letter, and nothing waits behind it")
    func misroutedMessagesBecomeDeadLetters() async throws {
        let url = try await RedisServer.shared().url(ownDatabase: true)
        let broker = RedisFixture.broker(url, metrics)
        let client = client(url)
        let keyed = keyed
        let owner = try await broker.consumePartitions(keyed, group: "p", redelivery: .seconds(60))
        try await broker.publish([7], to: keyed)
        for stream in 0..<16 { try await client.call(RedisCommand("XADD", "sentinel:keyed:\(stream)", "*", "m", "7")) }
        var seen: [Int] = []
        while seen.count < 2 {
            guard case .messages(let got) = await owner.next(upTo: 100) else { continue }
            seen += got.messages
            try await owner.acknowledge(got.ids)
        }
        let (metrics, dead) = (metrics, #"sentinel_broker_dead_letters_total{topic="keyed"} 15"#)
        let pump = Task { while case .messages = await owner.next(upTo: 100) {} }
        await eventually { metrics.prometheusText().contains(dead) }
        #expect(seen == [7, 7])
        let letters = try await client.call(RedisCommand("XRANGE", "sentinel:keyed.dead", "-", "+"))
        let text = "\(letters.array?.compactMap { $0.array?.last?.array?.compactMap(\.text) } ?? [])"
        #expect(text.contains("its key belongs to stream"))
        pump.cancel()
        await client.close()
        await broker.close()
    }

    @Test func acknowledgedMessagesAreDeleted() async throws {
        let url = try await RedisServer.shared().url(ownDatabase: true)
        let broker = RedisFixture.broker(url, metrics)
        let client = client(url)
        let member = try await broker.consume(topic, group: "a", redelivery: .seconds(60))
        let other = try await broker.consume(topic, group: "b", redelivery: .seconds(60))
        try await broker.publish(Array(0..<500), to: topic)
        for member in [member, other] { try await member.acknowledge(await member.receive(count: 500).ids) }
        await eventually { (try? await client.call(RedisCommand("XLEN", "sentinel:numbers")))?.integer ?? 500 <= 1 }
        await client.close()
        await broker.close()
    }

    /// A process that is killed does not say that it leaves.
    @Test func messagesOfASilentMemberGoToOthers() async throws {
        let url = try await RedisServer.shared().url(ownDatabase: true)
        let dying = RedisFixture.broker(url, metrics)
        let member = try await dying.consume(topic, group: "a", redelivery: .seconds(600))
        try await dying.publish(Array(0..<10), to: topic)
        #expect(await member.receive(count: 10).messages.count == 10)
        let owner = try await dying.consumePartitions(keyed, group: "p", redelivery: .seconds(600))
        guard case .assigned = await owner.next(upTo: 1) else { return _ = Issue.record("not assigned") }
        try await dying.publish(Array(0..<50), to: keyed)
        await dying.close()

        let broker = RedisFixture.broker(url, metrics)
        let heir = try await broker.consume(topic, group: "a", redelivery: .seconds(600))
        #expect(await heir.receive(count: 10).messages == Array(0..<10))
        let next = try await broker.consumePartitions(keyed, group: "p", redelivery: .seconds(600))
        var seen: [Int] = []
        while seen.count < 50 {
            switch await next.next(upTo: 10) {
            case .messages(let got): seen += got.messages
            case .end: return _ = Issue.record("the partitions were not taken over")
            case .assigned, .revoked: break
            }
        }
        #expect(seen.sorted() == Array(0..<50))
        await broker.close()
    }

    /// The server is killed while messages are published and consumed: what a publisher was told is stored comes.
    @Test func nothingIsLostWhenTheServerIsKilled() async throws {
        let server = try await RedisServer(["appendonly": "yes", "appendfsync": "always"])
        let broker = RedisFixture.broker(try server.url(), metrics)
        let topic = topic
        let member = try await broker.consume(topic, group: "a", redelivery: .seconds(5))
        let total = 4000
        let publishing = Task {
            for start in stride(from: 0, to: total, by: 20) {
                try await insist(broker, Array(start..<start + 20), topic)
                if start == 1000 || start == 3000 {
                    server.kill(SIGKILL)
                    try await server.start()
                }
            }
        }
        var seen: Set<Int> = []
        while seen.count < total {
            let got = await member.receive(upTo: 200)
            if got.isEmpty { break }
            seen.formUnion(got.messages)
            // An acknowledgement that is lost brings the messages again.
            try? await member.acknowledge(got.ids)
        }
        #expect(seen == Set(0..<total))
        try await publishing.value
        await broker.close()
    }

    @Test func groupIsMadeAgainAfterTheServerLostEverything() async throws {
        let server = try await RedisServer()
        let broker = RedisFixture.broker(try server.url(), metrics)
        let member = try await broker.consume(topic, group: "a", redelivery: .seconds(60))
        let owner = try await broker.consumePartitions(keyed, group: "p", redelivery: .seconds(60))
        guard case .assigned = await owner.next(upTo: 1) else { return _ = Issue.record("not assigned") }
        server.kill(SIGKILL)
        try await server.start()
        try await insist(broker, [7], topic)
        try await insist(broker, [8], keyed)
        #expect(await member.receive(count: 1).messages == [7])
        while true {
            switch await owner.next(upTo: 1) {
            case .messages(let got): return #expect(got.messages == [8])
            case .end: return _ = Issue.record("the member left")
            case .assigned, .revoked: break
            }
        }
    }

    @Test func listenersAreToldOfAGap() async throws {
        let server = try await RedisServer()
        let broker = RedisFixture.broker(try server.url(), metrics)
        let heard = await broker.listen(topic).makeAsyncIterator()
        await broker.broadcast(1, on: topic)
        #expect(await heard.next()?.message == 1)
        server.kill(SIGKILL)
        try await server.start()
        guard case .missed? = await heard.next() else { return _ = Issue.record("no gap was reported") }
        await broker.close()
    }
}
