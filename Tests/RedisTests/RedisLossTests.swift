import Base
import Broker
import Redis
import RedisBroker
import Runtime
import TestSupport
import Testing

/// Consumers of a Redis whose memory is full, and of one that has lost its data.
@Suite(.timeLimit(.minutes(10))) struct RedisLossTests {
    private let plain = Topic<Int>(name: "plain", capacity: 100_000, whenFull: .refuse)
    private let keyed = Topic<Int>(name: "keyed", capacity: 100_000, whenFull: .refuse) { UInt64($0) }

    private func client(_ url: RedisURL) -> RedisClient {
        RedisClient(url, on: RedisFixture.loop, patience: .seconds(60))
    }

    /// What waits for consumers takes the memory: only they can free it.
    @Test func fullServerIsDrainedByItsConsumers() async throws {
        let server = try await RedisServer()
        let (broker, admin) = (RedisFixture.broker(try server.url()), client(try server.url()))
        let shared = try await broker.consume(plain, group: "a", redelivery: .seconds(60))
        let first = try await broker.consumePartitions(keyed, group: "b", redelivery: .seconds(60))
        await first.cancel()
        try await broker.publish(Array(1...200), to: plain)
        try await broker.publish(Array(1...200), to: keyed)
        try await admin.call(RedisCommand("CONFIG", "SET", "maxmemory", "1000"))
        // Members may also come now.
        let owner = try await broker.consumePartitions(keyed, group: "b", redelivery: .seconds(60))
        var seen: [Int] = []
        while seen.count < 200 {
            let got = await shared.receive(upTo: 50)
            seen += got.messages
            try await shared.acknowledge(got.ids)
        }
        #expect(seen == Array(1...200))
        var owned: Set<Int> = []
        while owned.count < 200 {
            guard case .messages(let got) = await owner.next(upTo: 50) else { continue }
            owned.formUnion(got.messages)
            try await owner.acknowledge(got.ids)
        }
        // Nothing but the place of the last message is left.
        await eventually { (try? await admin.call(RedisCommand("XLEN", "sentinel:plain")).integer) ?? 9 <= 1 }
        try await eventually {
            var left = 0
            for shard in 0..<16 {
                left += try await admin.call(RedisCommand("XLEN", "sentinel:keyed:\(shard)")).integer ?? 0
            }
            return left <= 16
        }
        await broker.close()
        await admin.close()
    }

    /// The stream and its groups are gone, and messages come before any group is made again.
    @Test func groupsThatWereLostGetWhatCameAfter() async throws {
        let url = try await RedisServer.shared().url(ownDatabase: true)
        let (broker, admin) = (RedisFixture.broker(url), client(url))
        let members = [
            try await broker.consume(plain, group: "a", redelivery: .seconds(60)),
            try await broker.consume(plain, group: "b", redelivery: .seconds(60)),
        ]
        try await broker.publish([1], to: plain)
        for member in members { try await member.acknowledge(await member.receive(count: 1).ids) }
        let losing = RedisScript(
            """
            redis.call('DEL', KEYS[1])
            for i = 2, 4 do redis.call('XADD', KEYS[1], '*', 'm', i) end
            return 1
            """
        )
        try await admin.call(losing, keys: ["sentinel:plain"], RedisCommand())
        for member in members {
            var seen: [Int] = []
            while seen.count < 3 {
                let got = await member.receive(upTo: 10)
                seen += got.messages
                try await member.acknowledge(got.ids)
            }
            #expect(seen == [2, 3, 4])
        }
        await broker.close()
        await admin.close()
    }

    /// More than one answer may have was read by a member that never got it.
    @Test func messagesTooLargeForOneAnswerAreDeliveredInParts() async throws {
        let server = try await RedisServer()
        let (broker, admin) = (RedisFixture.broker(try server.url()), client(try server.url()))
        let shared = try await broker.consume(plain, group: "a", redelivery: .seconds(60))
        let owner = try await broker.consumePartitions(keyed, group: "b", redelivery: .seconds(60))
        await shared.cancel()
        await owner.cancel()
        let filling = RedisScript(
            """
            for _ = 1, 14 do redis.call('XADD', KEYS[1], '*', 'm', string.rep('x', 20000000)) end
            redis.call('XADD', KEYS[1], '*', 'm', '7')
            return redis.call('XREADGROUP', 'GROUP', ARGV[1], 'gone', 'COUNT', 100, 'STREAMS', KEYS[1], '>') and 1
            """
        )
        try await admin.call(filling, keys: ["sentinel:plain"], RedisCommand("a"))
        try await admin.call(RedisCommand("ZADD", "sentinel:plain:members:a", "1", "gone"))
        let next = try await broker.consume(plain, group: "a", redelivery: .seconds(60))
        #expect(await next.receive(upTo: 10).messages == [7])
        await next.cancel()
        // Gigabytes of memory are not at hand everywhere.
        try await admin.call(RedisCommand("DEL", "sentinel:plain"))
        try await admin.call(filling, keys: ["sentinel:keyed:7"], RedisCommand("b"))
        let heir = try await broker.consumePartitions(keyed, group: "b", redelivery: .seconds(60))
        var owned: [Int] = []
        while owned.isEmpty {
            if case .messages(let got) = await heir.next(upTo: 10) { owned += got.messages }
        }
        #expect(owned == [7])
        for topic in ["plain", "keyed"] {
            #expect(try await admin.call(RedisCommand("XLEN", "sentinel:\(topic).dead")).integer == 14)
        }
        await broker.close()
        await admin.close()
    }
}
