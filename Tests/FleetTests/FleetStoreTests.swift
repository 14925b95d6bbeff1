import Base
import Fleet
import Redis
import RedisStores
import Runtime
import TestSupport
import Testing

/// The fleet, as both stores keep it.
@Suite struct FleetStoreTests {
    enum Backend: CaseIterable { case memory, redis }

    /// A store, and a way to let time pass.
    private struct Fixture {
        let store: any FleetStore
        let pass: @Sendable (Duration) async throws -> Void
        var client: RedisClient?

        init(_ backend: Backend) async throws {
            switch backend {
            case .memory:
                let time = TestTime()
                store = MemoryFleetStore { time.now }
                pass = { time.advance($0) }
            case .redis:
                let url = try await RedisServer.shared().url(ownDatabase: true)
                let client = RedisClient(url, on: RedisFixture.loop, patience: .seconds(60))
                self.client = client
                store = RedisFleetStore(client: client)
                let older = RedisScript(
                    """
                    for _, id in ipairs(redis.call('ZRANGE', 'sentinel:fleet:seen', 0, -1)) do
                      redis.call('ZINCRBY', 'sentinel:fleet:seen', '-' .. ARGV[1], id)
                    end
                    return 1
                    """
                )
                pass = { try await client.call(older, keys: [], RedisCommand("\($0.wholeMilliseconds)")) }
            }
        }
    }

    private final class TestTime: Sendable {
        private let offset = Locked(Duration.zero)
        var now: MonotonicTime { MonotonicTime(nanoseconds: 0) + offset.withLock { $0 } }
        func advance(_ duration: Duration) { offset.withLock { $0 += duration } }
    }

    private let time = Timestamp(milliseconds: 1_764_000_000_000)

    private func process(_ id: String) -> FleetProcess {
        var process = FleetProcess(
            id: id,
            role: "worker",
            host: "h",
            pid: 7,
            version: "1",
            region: "eu",
            startedAt: time
        )
        process.state = .running
        process.accepts = [.pause, .resize]
        process.slots = FleetProcess.Slots(concurrency: 10, limit: 20, active: 3, waiting: 1)
        process.work = FleetProcess.Work(processed: 100, failed: 2, lastMinute: 30)
        process.load = 0.25
        return process
    }

    @Test(arguments: Backend.allCases) func processIsSeenLostAndForgotten(_ backend: Backend) async throws {
        let fixture = try await Fixture(backend)
        #expect(try await fixture.store.members().isEmpty)
        _ = try await fixture.store.announce(process("worker-b"), taken: [])
        _ = try await fixture.store.announce(process("worker-a"), taken: [])
        let seen = try await fixture.store.members()
        #expect(seen.map(\.process) == [process("worker-a"), process("worker-b")])
        #expect(seen.allSatisfy { !$0.isLost && $0.stateWord == "running" })
        try await fixture.pass(.seconds(16))
        _ = try await fixture.store.announce(process("worker-a"), taken: [])
        #expect(try await fixture.store.members().map(\.stateWord) == ["running", "lost"])
        try await fixture.pass(.seconds(60))
        #expect(try await fixture.store.members().map(\.process.id) == ["worker-a"])
        await fixture.store.leave("worker-a")
        #expect(try await fixture.store.members().isEmpty)
        #expect(try await !fixture.store.send(FleetCommand(.pause, at: time), to: "worker-a"))
        await fixture.client?.close()
    }

    @Test(arguments: Backend.allCases) func commandWaitsUntilItIsTaken(_ backend: Backend) async throws {
        let fixture = try await Fixture(backend)
        let store = fixture.store
        #expect(try await !store.send(FleetCommand(.pause, at: time), to: "worker-a"))
        #expect(try await store.announce(process("worker-a"), taken: []).isEmpty)
        let commands = [FleetCommand(.pause, at: time), FleetCommand(.resize, concurrency: 5, at: time)]
        for command in commands { #expect(try await store.send(command, to: "worker-a")) }
        #expect(try await store.members().first?.pending == commands)
        // Whoever does not say that it has taken them gets them again.
        for _ in 0..<2 { #expect(try await store.announce(process("worker-a"), taken: []) == commands) }
        #expect(try await store.announce(process("worker-a"), taken: [commands[0].id]) == [commands[1]])
        #expect(try await store.announce(process("worker-a"), taken: [commands[1].id]).isEmpty)
        #expect(try await store.members().first?.pending == [])
        await fixture.client?.close()
    }

    @Test(arguments: Backend.allCases) func commandsForOneProcessAreBounded(_ backend: Backend) async throws {
        let fixture = try await Fixture(backend)
        let store = fixture.store
        _ = try await store.announce(process("worker-a"), taken: [])
        for _ in 0..<FleetLimits.commands {
            #expect(try await store.send(FleetCommand(.pause, at: time), to: "worker-a"))
        }
        await #expect(throws: FleetError.tooManyCommands) {
            try await store.send(FleetCommand(.pause, at: time), to: "worker-a")
        }
        await fixture.client?.close()
    }

    @Test func whatCannotBeReadIsLeftOut() async throws {
        let url = try await RedisServer.shared().url(ownDatabase: true)
        let client = RedisClient(url, on: RedisFixture.loop, patience: .seconds(60))
        let store = RedisFleetStore(client: client)
        _ = try await store.announce(process("worker-a"), taken: [])
        for (id, text) in [("x", "{garbage"), ("y", "[]"), ("z", #"{"id":"z","role":7}"#)] {
            try await client.call(RedisCommand("ZADD", "sentinel:fleet:seen", "9999999999999", id))
            try await client.call(RedisCommand("HSET", "sentinel:fleet:processes", id, text))
            try await client.call(RedisCommand("RPUSH", "sentinel:fleet:commands:worker-a", text))
        }
        #expect(try await store.members().map(\.process.id) == ["worker-a"])
        #expect(try await store.announce(process("worker-a"), taken: []).isEmpty)
        await client.close()
        await #expect(throws: FleetError.self) { try await store.members() }
    }

    @Test func jsonOfAProcessIsReadBack() throws {
        var whole = process("worker-a")
        var command = FleetCommand(.resize, concurrency: 5, at: time)
        (command.state, command.detail) = (.refused, "no")
        whole.lastCommand = command
        #expect(FleetProcess(json: try JSONValue(parsing: whole.json.description)) == whole)
    }
}
