import Base
import Lease
import SQL
import SQLite
import Storage
import TestSupport
import Testing

/// Which of several processes is the leader, and what happens to one that does not know that it has lost the lease.
@Suite struct LeaseTests {
    private struct Bench {
        let database: SQLiteDatabase
        let leases: LeaseRepository
        let clock = ManualClock()

        init() async throws {
            database = try await SQLiteDatabase.open(path: ":memory:")
            _ = try await Migrator(database: database, migrations: StorageSchema.migrations).up()
            leases = LeaseRepository(database: database)
        }

        func keeper(
            _ holder: String,
            _ store: (any LeaseStore)? = nil,
            report: @escaping @Sendable (LeaseError?) -> Void = { _ in }
        ) -> LeaseKeeper<ManualClock> {
            LeaseKeeper(
                "scheduler",
                holder: holder,
                store: store ?? leases,
                duration: .seconds(6),
                clock: clock,
                logger: Logger(label: "test", handler: SilentLogHandler()),
                report: report
            )
        }
    }

    @Test func secondProcessStandsByWhileTheFirstLeads() async throws {
        let bench = try await Bench()
        let (first, second) = (bench.keeper("a"), bench.keeper("b"))
        await first.step()
        await second.step()
        #expect(await first.token() == FencingToken(name: "scheduler", value: 1))
        #expect(await second.token() == nil)
        for _ in 0..<20 {
            bench.clock.advance(by: .seconds(1))
            await first.step()
            await second.step()
            #expect(await first.token() != nil)
            #expect(await second.token() == nil)
        }
    }

    @Test func standbyTakesOverWhenTheHolderStopsRenewing() async throws {
        let bench = try await Bench()
        let (first, second) = (bench.keeper("a"), bench.keeper("b"))
        await first.step()
        await first.note(77)
        bench.clock.advance(by: .seconds(1))
        await first.step()
        await second.step()
        // From here on the first process is suspended.
        bench.clock.advance(by: .seconds(5))
        await second.step()
        #expect(await first.token() == nil, "the holder stops before anybody else may begin")
        #expect(await second.token() == nil)
        bench.clock.advance(by: .seconds(1))
        await second.step()
        #expect(await second.token() == FencingToken(name: "scheduler", value: 2))
        #expect(await second.position() == 77, "the new holder knows how far the old one had come")
        await first.step()
        #expect(await first.token() == nil)
    }

    @Test func releasedLeaseIsTakenAtOnce() async throws {
        let bench = try await Bench()
        let (first, second) = (bench.keeper("a"), bench.keeper("b"))
        let running = Task { await first.run() }
        await eventually { await first.token() != nil }
        await second.step()
        #expect(await second.token() == nil)
        running.cancel()
        await running.value
        await second.step()
        #expect(await second.token() == FencingToken(name: "scheduler", value: 2))
    }

    @Test func holderWithoutStoreStopsLeadingWhenItsLeaseEnds() async throws {
        let bench = try await Bench()
        let store = LostStore(bench.leases)
        let reports = Locked<[String]>([])
        let keeper = bench.keeper("a", store) { report in
            reports.withLock { $0.append(report.map { "\($0)" } ?? "works") }
        }
        await keeper.step()
        store.isLost.withLock { $0 = true }
        bench.clock.advance(by: .seconds(4))
        await keeper.step()
        #expect(await keeper.token() != nil)
        bench.clock.advance(by: .seconds(1))
        await keeper.step()
        #expect(await keeper.token() == nil)
        store.isLost.withLock { $0 = false }
        await keeper.step()
        #expect(await keeper.token() == FencingToken(name: "scheduler", value: 1), "nobody else took it meanwhile")
        #expect(reports.withLock { $0 } == ["away", "away", "works"])
    }

    @Test func onlyOneOfTwoProcessesTakesALease() async throws {
        let bench = try await Bench()
        let seen = try await bench.leases.take("x", holder: "a", seen: nil)
        #expect(seen?.token == 1)
        #expect(try await bench.leases.take("x", holder: "b", seen: nil) == nil)
        #expect(try await bench.leases.take("x", holder: "b", seen: seen)?.token == 2)
        #expect(try await bench.leases.take("x", holder: "c", seen: seen) == nil)
        let mine = try #require(seen)
        #expect(try await bench.leases.renew(mine, progress: 1) == nil)
        try await bench.leases.release(mine, progress: 1)
        #expect(try await bench.leases.read("x")?.holder == "b")
    }

    @Test(arguments: ["token = 'x'", "token = -1", "beat = x'00'", "progress = 'far'", "token = 9223372036854775807"])
    func damagedLeaseIsTakenAgainWithANewToken(_ damage: String) async throws {
        let bench = try await Bench()
        let (first, second) = (bench.keeper("a"), bench.keeper("b"))
        await first.step()
        await first.step()
        _ = try await bench.database.execute("UPDATE leases SET \(damage)")
        bench.clock.advance(by: .seconds(1))
        await first.step()
        for _ in 0..<8 {
            await second.step()
            bench.clock.advance(by: .seconds(1))
        }
        await second.step()
        let token = try #require(await second.token())
        #expect(token.value > 1)
        let old = FencingToken(name: "scheduler", value: 1)
        await #expect(throws: SQLError.fenced("scheduler")) {
            try await bench.database.transaction { session throws(SQLError) in
                try await LeaseRepository.check([old], session)
            }
        }
    }

    @Test func damagedLeaseRefusesOnlyItsOwnWrites() async throws {
        let bench = try await Bench()
        let tokens = try await bench.leases.claim(["alerter/01", "alerter/02", "alerter/03"], holder: "a")
        _ = try await bench.database.execute("UPDATE leases SET token = 'x' WHERE name = 'alerter/02'")
        try await bench.database.transaction { session throws(SQLError) in
            try await LeaseRepository.check([tokens[0], tokens[2]], session)
        }
        await #expect(throws: SQLError.fenced("alerter/02")) {
            try await bench.database.transaction { session throws(SQLError) in
                try await LeaseRepository.check(tokens, session)
            }
        }
        #expect(try await bench.leases.claim(["alerter/02"], holder: "b")[0].value > 1)
    }

    @Test func writesWithAnOldTokenAreRefused() async throws {
        let bench = try await Bench()
        let old = try await bench.leases.claim(["alerter/01", "alerter/02"], holder: "a")
        try await bench.database.transaction { session throws(SQLError) in
            try await LeaseRepository.check(old + [.unfenced], session)
        }
        let new = try await bench.leases.claim(["alerter/02"], holder: "b")
        #expect(new.map(\.value) == [2])
        await #expect(throws: SQLError.fenced("alerter/02")) {
            try await bench.database.transaction { session throws(SQLError) in
                try await LeaseRepository.check(old, session)
            }
        }
        try await bench.database.transaction { session throws(SQLError) in
            try await LeaseRepository.check([old[0]] + new, session)
        }
    }
}

/// A lease store that cannot be reached for a while.
private final class LostStore: LeaseStore {
    private let inner: LeaseRepository
    let isLost = Locked(false)
    init(_ inner: LeaseRepository) { self.inner = inner }

    private func check() throws(LeaseError) {
        if isLost.withLock({ $0 }) { throw .unavailable("away") }
    }
    func read(_ name: String) async throws(LeaseError) -> LeaseRecord? {
        try check()
        return try await inner.read(name)
    }
    func take(_ name: String, holder: String, seen: LeaseRecord?) async throws(LeaseError) -> LeaseRecord? {
        try check()
        return try await inner.take(name, holder: holder, seen: seen)
    }
    func renew(_ held: LeaseRecord, progress: Int64) async throws(LeaseError) -> LeaseRecord? {
        try check()
        return try await inner.renew(held, progress: progress)
    }
    func release(_ held: LeaseRecord, progress: Int64) async throws(LeaseError) {
        try check()
        try await inner.release(held, progress: progress)
    }
}
