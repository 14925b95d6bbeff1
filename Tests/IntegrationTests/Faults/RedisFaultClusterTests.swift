import Base
import Glibc
import Redis
import TestSupport
import Testing

/// A Redis that refuses, and one that loses what it has, under processes that work.
@Suite(.timeLimit(.minutes(10))) struct RedisFaultClusterTests {
    @Test func refusalsAreSaidAndOutlived() async throws {
        let cluster = try await FaultCluster()
        try await cluster.monitor(count: 20)

        // No memory: what consumers acknowledge makes room, so they must go on.
        try await cluster.redis("CONFIG", "SET", "maxmemory", "1mb")
        try await everybodySays("OOM command not allowed", cluster)
        try await cluster.redis("CONFIG", "SET", "maxmemory", "0")
        await cluster.recovers()

        // The disk cannot be written.
        let folder = "\(cluster.redis.folder)/dump.rdb"
        #expect(mkdir(folder, 0o700) == 0)
        try await cluster.redis("CONFIG", "SET", "save", "3600 1")
        try await cluster.redis("BGSAVE")
        try await everybodySays("MISCONF", cluster)
        #expect(rmdir(folder) == 0)
        try await cluster.redis("CONFIG", "SET", "save", "")
        await cluster.recovers()

        // Another password, which those meet that connect again.
        try await cluster.redis("CONFIG", "SET", "requirepass", "another")
        for member in cluster.members { member.redis.reset() }
        try await everybodySays("Redis wants a password, and REDIS_URL has none", cluster)
        try await cluster.redis("CONFIG", "SET", "requirepass", "")
        await cluster.recovers()

        // A key that holds something else.
        try await cluster.redis("DEL", "sentinel:check-jobs")
        try await cluster.redis("SET", "sentinel:check-jobs", "garbage")
        let (scheduler, worker) = (cluster.members("scheduler")[0], cluster.members("worker")[0])
        await cluster.says(worker, "broker", "WRONGTYPE", isBlocked: false)
        await cluster.says(scheduler, "broker", "WRONGTYPE", isBlocked: false)
        try await cluster.redis("DEL", "sentinel:check-jobs")
        await cluster.recovers()

        await cluster.tellsAnOutage(of: 20)
        // The jobs of that moment were lost with the key.
        try await cluster.keepsEverySlot(lost: 20)
        await cluster.stop()
    }

    private func everybodySays(_ words: String, _ cluster: FaultCluster) async throws {
        for member in cluster.members {
            await cluster.says(member, "redis", words, isBlocked: member.role != "api")
        }
    }

    @Test func dataThatAreLostUnderLoadCostOnlyThemselves() async throws {
        let cluster = try await FaultCluster()
        try await cluster.monitor(count: 20)
        for _ in 0..<10 {
            try await cluster.redis("FLUSHALL")
            // The streams are there again.
            await eventually { (try? await cluster.redis("EXISTS", "sentinel:check-jobs"))?.integer == 1 }
        }
        await cluster.recovers()
        await cluster.tellsAnOutage(of: 20)
        // Lost are the jobs that waited, and the results on their way: at most one of each monitor each time.
        try await cluster.keepsEverySlot(lost: 200)
        for topic in ["check-jobs", "monitoring-results:0"] {
            let groups = try await cluster.redis("XINFO", "GROUPS", "sentinel:\(topic)").array ?? []
            #expect(groups.count == (topic == "check-jobs" ? 1 : 2), "\(topic)")
        }
        await cluster.stop()
    }
}
