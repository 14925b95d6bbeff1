import Base
import Broker
import Domain
import Glibc
import HTTPCheck
import Messages
import Pipeline
import Redis
import RedisStores
import Runtime
import TestSupport
import Testing

/// The newest results of monitors in Redis.
@Suite struct RedisStatusCacheTests {
    private static let logger = Logger(label: "test", handler: SilentLogHandler())
    private static let codec = MessageCodec<CheckResult>.results(
        kinds: CheckKinds([HTTPKind.self]),
        regions: .always("local")
    )
    private let monitor = MonitorID(rawValue: 7)

    private func client(_ url: RedisURL, patience: Duration = .seconds(60)) -> RedisClient {
        RedisClient(url, on: RedisFixture.loop, patience: patience, connectTimeout: patience)
    }

    private func cache(_ client: RedisClient) -> RedisStatusCache {
        RedisStatusCache(client: client, codec: Self.codec, logger: Self.logger)
    }

    private func result(_ number: Int, of monitor: MonitorID? = nil, isUp: Bool = true) -> CheckResult {
        var outcome = Outcome(latency: .milliseconds(Int64(number)))
        outcome.statusCode = isUp ? 200 : 503
        if !isUp {
            outcome.failure = Outcome.Failure(.httpStatus, in: .assertion, "status 503")
            outcome.evidence = Outcome.Evidence(headers: [], body: [1, 2, 3])
        }
        let due = Timestamp(milliseconds: 1_764_000_000_000 + Int64(number) * 10_000)
        return CheckResult(
            monitorID: monitor ?? self.monitor,
            region: .local,
            scheduledAt: due,
            checkedAt: due,
            outcome: outcome,
            url: "http://h/",
            kind: HTTPKind.self
        )
    }

    private func numbers(_ results: [CheckResult]) -> [Int64] { results.map { $0.outcome.latency.wholeMilliseconds } }

    @Test func newestTwentyAreKeptInOrderOfTheirTimes() async throws {
        let client = client(try await RedisServer.shared().url(ownDatabase: true))
        let cache = cache(client)
        #expect(await cache.recent(monitor).isEmpty)
        // In any order, repeated, in batches.
        await cache.note([3, 1, 2].map { result($0) })
        await cache.note([5, 2, 4, 5].map { result($0) })
        #expect(numbers(await cache.recent(monitor)) == [5, 4, 3, 2, 1])
        await cache.note((1...150).shuffled().map { result($0) })
        #expect(numbers(await cache.recent(monitor)) == Array((131...150).reversed()))
        await cache.note([result(100), result(151, isUp: false)])
        #expect(numbers(await cache.recent(monitor)) == Array((132...151).reversed()))
        let newest = try #require(await cache.latest(for: [monitor, MonitorID(rawValue: 8)])[monitor])
        #expect(newest.scheduledAt == result(151).scheduledAt && newest.outcome.statusCode == 503)
        #expect(newest.outcome.evidence == nil)
        // The keys that other programs know.
        let text = try await client.call(RedisCommand("GET", "monitor:7:status")).text ?? ""
        let message = try JSONValue(parsing: text)
        #expect(message["is_up"] == false && message["url"] == "http://h/" && message["monitor_id"] == 7)
        #expect(try await client.call(RedisCommand("GET", "monitor:7:state")).text == "DOWN")
        #expect(try await client.call(RedisCommand("LLEN", "monitor:7:history")).integer == 20)
        for name in ["status", "history", "state"] {
            let rest = try await client.call(RedisCommand("PTTL", "monitor:7:\(name)")).integer ?? -1
            #expect(rest > 86_400_000 * 2 && rest <= 86_400_000 * 3, "\(name)")
        }
        await client.close()
    }

    /// A check that was under way when its monitor was deleted does not bring it back.
    @Test func deletedMonitorIsNotResurrected() async throws {
        let client = client(try await RedisServer.shared().url(ownDatabase: true))
        let cache = cache(client)
        let other = MonitorID(rawValue: 8)
        await cache.note([result(1), result(1, of: other)])
        await cache.forget(monitor, deleted: true)
        await cache.note([result(2), result(2, of: other)])
        #expect(await cache.recent(monitor).isEmpty)
        #expect(Set(await cache.latest(for: [monitor, other]).keys) == [other])
        let keys = try await client.call(RedisCommand("KEYS", "monitor:7:*")).array?.compactMap(\.text) ?? []
        #expect(keys == ["monitor:7:deleted"])
        // The number belongs to a monitor of another installation since.
        await cache.forget(monitor, deleted: false)
        await cache.note([result(3)])
        #expect(numbers(await cache.recent(monitor)) == [3])
        await client.close()
    }

    @Test func garbageUnderTheKeysCostsOnlyItself() async throws {
        let client = client(try await RedisServer.shared().url(ownDatabase: true))
        let cache = cache(client)
        let other = MonitorID(rawValue: 8)
        try await client.call(RedisCommand("SET", "monitor:7:history", "text"))
        try await client.call(RedisCommand("LPUSH", "monitor:8:history", "{garbage"))
        try await client.call(RedisCommand("SET", "monitor:8:status", "[]"))
        #expect(await cache.recent(monitor).isEmpty)
        #expect(await cache.latest(for: [other]).isEmpty)
        await cache.note([result(1), result(1, of: other)])
        #expect(numbers(await cache.recent(monitor)) == [1])
        #expect(numbers(await cache.recent(other)) == [1])
        #expect(await cache.latest(for: [other])[other] != nil)
        await client.close()
    }

    /// A server that hangs holds nobody up; what it missed is not read as the newest afterwards.
    @Test func whatAnAbsentServerMissedIsForgotten() async throws {
        let server = try await RedisServer()
        let own = client(try server.url(), patience: .milliseconds(500))
        let cache = cache(own)
        let other = MonitorID(rawValue: 8)
        await cache.note([result(1), result(1, of: other)])
        server.kill(SIGSTOP)
        let start = MonotonicTime.now
        for number in 2..<12 { await cache.note([result(number)]) }
        #expect(MonotonicTime.now - start < .seconds(20))
        #expect(await cache.latest(for: [monitor]).isEmpty)
        server.kill(SIGCONT)
        await eventually {
            await cache.note([result(2, of: other)])
            return await cache.latest(for: [other])[other]?.scheduledAt == result(2).scheduledAt
        }
        #expect(await cache.latest(for: [monitor]).isEmpty)
        await own.close()
    }

    @Test func bucketsAreSharedAndFillAgain() async throws {
        let client = client(try await RedisServer.shared().url(ownDatabase: true))
        let (one, two) = (RedisRateLimiter(client: client), RedisRateLimiter(client: client))
        for _ in 0..<2 {
            #expect(await one.take("a", perMinute: 4) == nil)
            #expect(await two.take("a", perMinute: 4) == nil)
        }
        let wait = try #require(await one.take("a", perMinute: 4))
        #expect(wait > .zero && wait <= .seconds(15))
        #expect(await two.take("b", perMinute: 4) == nil)
        // Fifteen seconds later.
        let at = try await client.call(RedisCommand("HGET", "sentinel:rate:a", "at")).integer ?? 0
        try await client.call(RedisCommand("HSET", "sentinel:rate:a", "at", "\(at - 15_000)"))
        #expect(await two.take("a", perMinute: 4) == nil)
        #expect(await one.take("a", perMinute: 4) != nil)
        #expect(try await client.call(RedisCommand("PTTL", "sentinel:rate:a")).integer ?? -1 > 0)
        await client.close()
        // Without the server each process counts for itself.
        for _ in 0..<4 { #expect(await one.take("a", perMinute: 4) == nil) }
        #expect(await one.take("a", perMinute: 4) != nil)
    }
}
