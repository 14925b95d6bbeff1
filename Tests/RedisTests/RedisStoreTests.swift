import Base
import Broker
import Domain
import HTTPCheck
import Lease
import Messages
import Pipeline
import Redis
import RedisStores
import Runtime
import TestSupport
import Testing

/// Tasks and leases in Redis.
@Suite struct RedisStoreTests {
    private static let logger = Logger(label: "test", handler: SilentLogHandler())
    private static let kinds = CheckKinds([HTTPKind.self])
    private let time = Timestamp(milliseconds: 1_700_000_000_000)

    private func client() async throws -> RedisClient {
        RedisClient(
            try await RedisServer.shared().url(ownDatabase: true),
            on: RedisFixture.loop,
            patience: .seconds(60)
        )
    }

    private func tasks(_ client: RedisClient) -> RedisTaskStore {
        let codec = MessageCodec<CheckResult>.results(
            kinds: Self.kinds,
            regions: RegionNaming { "region \($0.rawValue)" }
        )
        return RedisTaskStore(client: client, codec: codec, logger: Self.logger)
    }

    @Test func taskIsSeenByAllProcessesUntilItExpires() async throws {
        let client = try await client()
        let (mine, other) = (tasks(client), tasks(client))
        let monitor = MonitorID(rawValue: 7)
        let first = await mine.create("a", monitor: monitor, at: time)
        #expect(first == CheckTask(id: "a", monitorID: monitor, createdAt: time, state: .queued))
        #expect(await other.task("a") == first)
        // A queued one is the one to follow.
        #expect(await other.create("b", monitor: monitor, at: time + .seconds(59)).id == "a")
        #expect(await other.task("b") == nil)
        await other.update("a", .running)
        #expect(await mine.task("a")?.state == .running)
        var random = SeededGenerator(seed: 1)
        var result = CheckResult.random(monitor, at: time, &random)
        result.kind = KindReference(HTTPKind.self)
        await other.update("a", .finished(result))
        guard case .finished(let read)? = await mine.task("a")?.state else { return _ = Issue.record("not finished") }
        #expect(read.monitorID == monitor && read.scheduledAt == result.scheduledAt)
        // The first end counts.
        await mine.update("a", .failed("late"))
        guard case .finished? = await mine.task("a")?.state else { return _ = Issue.record("the end changed") }
        // The next one's time is later.
        let next = await mine.create("c", monitor: monitor, at: time - .seconds(5))
        #expect(next.createdAt == time + .milliseconds(1))
        await mine.update("c", .failed("no room"))
        #expect(await other.task("c")?.state == .failed("no room"))
        let rest = try await client.call(RedisCommand("PTTL", "sentinel:task:a")).integer ?? -1
        #expect((1...86_400_000).contains(rest))
        await client.close()
    }

    @Test func tasksAreListedNewestFirst() async throws {
        let client = try await client()
        let tasks = tasks(client)
        for number in 1...5 {
            let monitor = MonitorID(rawValue: Int64(number % 2))
            await tasks.update("t\(number - 1)", .failed("no room"))
            _ = await tasks.create("t\(number)", monitor: monitor, at: time + .seconds(number))
        }
        await tasks.update("t5", .running, by: "worker-a", at: time + .seconds(9))
        let all = try await tasks.list(TaskFilter(), after: nil, limit: 10)
        #expect(all.tasks.map(\.id) == ["t5", "t4", "t3", "t2", "t1"] && all.next == nil)
        #expect(all.tasks.first?.worker == "worker-a" && all.tasks.first?.startedAt == time + .seconds(9))
        let first = try await tasks.list(TaskFilter(), after: nil, limit: 2)
        #expect(first.tasks.map(\.id) == ["t5", "t4"] && first.next == "t4")
        let second = try await tasks.list(TaskFilter(), after: first.next, limit: 3)
        #expect(second.tasks.map(\.id) == ["t3", "t2", "t1"] && second.next == nil)
        let failed = try await tasks.list(
            TaskFilter(state: .failed, monitor: MonitorID(rawValue: 0)),
            after: nil,
            limit: 10
        )
        #expect(failed.tasks.map(\.id) == ["t4", "t2"])
        #expect(try await tasks.list(TaskFilter(), after: "unknown", limit: 10).tasks.isEmpty)
        // One that has expired before the others is left out.
        try await client.call(RedisCommand("DEL", "sentinel:task:t3"))
        #expect(try await tasks.list(TaskFilter(), after: nil, limit: 10).tasks.count == 4)
        await client.close()
        await #expect(throws: TaskStoreError.self) { try await tasks.list(TaskFilter(), after: nil, limit: 10) }
    }

    @Test func tasksAreUnknownWhileRedisCannotBeUsed() async throws {
        let client = RedisClient(try RedisURL("redis://127.0.0.1:1"), on: RedisFixture.loop)
        let tasks = tasks(client)
        #expect(await tasks.create("a", monitor: MonitorID(rawValue: 1), at: time).id == "a")
        await tasks.update("a", .running)
        #expect(await tasks.task("a") == nil)
        await client.close()
    }

    @Test func leaseGoesToOneHolderAndItsTokenGrows() async throws {
        let client = try await client()
        let store = RedisLeaseStore(client: client)
        #expect(try await store.read("x") == nil)
        let first = try #require(try await store.take("x", holder: "a", seen: nil))
        #expect(first == LeaseRecord(name: "x", holder: "a", token: 1, beat: 0, progress: 0))
        #expect(try await store.take("x", holder: "b", seen: nil) == nil)
        let renewed = try #require(try await store.renew(first, progress: 5))
        #expect(renewed.beat == 1 && renewed.progress == 5)
        // It has changed since.
        #expect(try await store.take("x", holder: "b", seen: first) == nil)
        let second = try #require(try await store.take("x", holder: "b", seen: renewed))
        #expect(second == LeaseRecord(name: "x", holder: "b", token: 2, beat: 0, progress: 5))
        #expect(try await store.renew(renewed, progress: 9) == nil)
        try await store.release(renewed, progress: 9)
        #expect(try await store.read("x") == second)
        try await store.release(second, progress: 6)
        #expect(try await store.read("x")?.holder == "")
        await client.close()
        await #expect(throws: LeaseError.self) { try await store.read("x") }
    }

    /// Two keepers over Redis: a standby leads when the leader shows no sign of life.
    @Test func standbyTakesOver() async throws {
        let client = try await client()
        let clock = ManualClock()
        func keeper(_ holder: String) -> LeaseKeeper<ManualClock> {
            LeaseKeeper(
                "scheduler",
                holder: holder,
                store: RedisLeaseStore(client: client),
                duration: .seconds(6),
                clock: clock,
                logger: Self.logger
            )
        }
        let (first, second) = (keeper("a"), keeper("b"))
        await first.step()
        await first.note(77)
        for _ in 0..<5 {
            clock.advance(by: .seconds(1))
            await first.step()
            await second.step()
        }
        #expect(await first.token()?.value == 1)
        #expect(await second.token() == nil)
        clock.advance(by: .seconds(6))
        await second.step()
        #expect(await second.token()?.value == 2)
        #expect(await second.position() == 77)
        #expect(await first.token() == nil)
        await client.close()
    }
}
