import Base
import Redis
import TestSupport
import Testing

/// Foreign messages in every stream, and foreign values under every key, of processes that work.
@Suite(.timeLimit(.minutes(10))) struct GarbageClusterTests {
    /// The fields of entries that nobody can use.
    private static let entries: [[String]] = [
        ["x", "1"], ["m", ""], ["m", "{}"], ["m", "null"], ["m", "[]"], ["m", "{\"version\":99}"],
        ["m", "\u{0}\u{1}\u{2}"], ["m", String(repeating: "[", count: 100_000)],
        ["m", String(repeating: "x", count: 3_000_000)], ["m", "{\"monitor_id\":-5}"],
        ["m", "{\"monitor_id\":1,\"scheduled_at\":\"9999-12-31T23:59:59Z\"}"], ["a", "b", "m", "{}", "m", "x"],
    ]

    @Test func foreignMessagesBecomeDeadLettersAndHarmNobody() async throws {
        let cluster = try await FaultCluster()
        try await cluster.monitor(count: 10)
        let streams = ["check-jobs"] + (0..<16).map { "monitoring-results:\($0)" }
        for stream in streams {
            for fields in Self.entries {
                var command = RedisCommand("XADD", "sentinel:\(stream)", "*")
                for field in fields { command.append(field) }
                try await cluster.redis(command)
            }
        }
        // Broadcasts, the newest results, and the entries of processes.
        for channel in try await cluster.redis("PUBSUB", "CHANNELS").array ?? [] {
            for text in ["", "{}", "null", "\u{0}", "{\"version\":99}"] {
                try await cluster.redis("PUBLISH", channel.text ?? "", text)
            }
        }
        for key in ["monitor:1:status", "monitor:1:history", "monitor:1:state"] {
            try await cluster.redis("DEL", key)
            try await cluster.redis("HSET", key, "a", "b")
        }
        try await cluster.redis("HSET", "sentinel:fleet:processes", "x", "garbage")
        try await cluster.redis("ZADD", "sentinel:fleet:seen", "99999999999999", "x")

        // Two groups read each result; each group puts the letter aside.
        let count = Self.entries.count
        await eventually { (try? await letters("check-jobs", cluster)) == count }
        await eventually { (try? await letters("monitoring-results", cluster)) == min(1000, 2 * 16 * count) }
        let newest = try await cluster.redis("XREVRANGE", "sentinel:check-jobs.dead", "+", "-")
        for row in newest.array ?? [] {
            let fields = row.array?.last?.array?.compactMap(\.text) ?? []
            let reason = fields.firstIndex(of: "reason").map { fields[$0 + 1] } ?? ""
            #expect(!reason.isEmpty, "\(fields.map { $0.prefix(50) })")
        }
        #expect(try await cluster.metric("sentinel_broker_dead_letters_total") == count + 2 * 16 * count)
        for path in ["/api/v1/monitors/1/latest", "/api/status/1", "/api/v1/fleet/workers", "/api/v1/fleet/queues"] {
            #expect(try await cluster.call("GET", path)["status"]?.integerValue == nil, "\(path) answers")
        }
        await cluster.tellsAnOutage(of: 10)
        await cluster.recovers()
        try await cluster.keepsEverySlot()
        await cluster.stop()
    }

    private func letters(_ topic: String, _ cluster: FaultCluster) async throws -> Int? {
        try await cluster.redis("XLEN", "sentinel:\(topic).dead").integer
    }
}
