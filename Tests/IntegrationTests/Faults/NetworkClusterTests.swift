import Base
import TestSupport
import Testing

/// Networks between roles and their servers that swallow bytes, reset connections, or are slow.
@Suite(.timeLimit(.minutes(10))) struct NetworkClusterTests {
    @Test func cutNetworksAreSaidAndOutlived() async throws {
        let cluster = try await FaultCluster()
        try await cluster.monitor(count: 20)

        // Redis: nothing arrives, and nobody is told.
        for member in cluster.members { member.redis.condition = .silent }
        for member in cluster.members {
            await cluster.says(member, "redis", "did not answer within", isBlocked: member.role != "api")
        }
        for member in cluster.members { member.redis.condition = .working }
        await cluster.recovers()
        try await cluster.goesOn()

        // PostgreSQL: the same, while results come.
        for member in cluster.members { member.postgres.condition = .silent }
        for member in cluster.members where member.role != "worker" {
            await cluster.says(member, "database", "the server did not answer within")
        }
        for member in cluster.members { member.postgres.condition = .working }
        await cluster.recovers()

        // All connections are reset, again and again.
        for _ in 0..<10 {
            for member in cluster.members {
                member.redis.reset()
                member.postgres.reset()
            }
            for member in cluster.members { await eventually { member.redis.connectionCount > 0 } }
        }
        await cluster.recovers()
        await cluster.tellsAnOutage(of: 20)
        try await cluster.keepsEverySlot()
        await cluster.stop()
    }

    /// 200 ms each way, and so seconds for each step of an outage.
    @Test func slowNetworksWork() async throws {
        let cluster = try await FaultCluster()
        try await cluster.monitor(count: 10)
        for member in cluster.members {
            member.redis.condition = .slow(milliseconds: 200)
            member.postgres.condition = .slow(milliseconds: 200)
        }
        await cluster.tellsAnOutage(of: 1)
        for member in cluster.members {
            #expect(await cluster.problems(member) == [:], "\(member.role)")
            member.redis.condition = .working
            member.postgres.condition = .working
        }
        try await cluster.goesOn()
        try await cluster.keepsEverySlot()
        await cluster.stop()
    }
}
