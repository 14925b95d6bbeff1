import Messages
import HTTPCheck
import PushCheck
import Base
import Broker
import Domain
import Pipeline
import Runtime
import SQL
import SQLite
import Scheduling
import Storage
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(10))) struct SchedulerTests {
    /// Wall time that follows a manual clock, and can be set.
    final class Wall: Sendable {
        private let value = Locked(Timestamp(milliseconds: 1_795_000_000_000))
        var now: Timestamp { value.withLock { $0 } }
        func advance(by duration: Duration) { value.withLock { $0 = $0 + duration } }
    }

    struct Bench {
        let clock = ManualClock()
        let wall = Wall()
        let registry = MetricsRegistry()
        let broker: InProcessBroker
        let database: FaultyDatabase
        let monitors: MonitorRepository
        let jobs: any Subscription<CheckJob>
        let shutdown = GracefulShutdown()
        let health = Health()
        let scheduler: Scheduler<ManualClock>

        init() async throws {
            let inner = try await SQLiteDatabase.open(path: ":memory:")
            _ = try await Migrator(database: inner, migrations: StorageSchema.migrations).up()
            database = FaultyDatabase(inner)
            monitors = MonitorRepository(
                database: database,
                settings: CheckSettingsColumn(kinds: CheckKinds([HTTPKind.self, PushKind.self]), seal: nil)
            )
            broker = InProcessBroker(metrics: registry)
            jobs = try await broker.consume(Topics.checkJobs(in: .local), group: "workers", redelivery: .seconds(60))
            let wall = wall
            scheduler = Scheduler(
                broker: broker,
                monitors: monitors,
                metrics: PipelineMetrics(registry),
                health: health,
                logger: Logger(label: "test", handler: SilentLogHandler()),
                clock: clock,
                now: { wall.now }
            )
        }

        func add(_ name: String, seconds: Int, isActive: Bool = true) async throws -> Monitor {
            let draft = MonitorDraft(
                name: name,
                spec: CheckSpec.http("http://\(name)/"),
                interval: .seconds(seconds),
                isActive: isActive
            )
            return try await monitors.insert(draft, now: wall.now)
        }

        func start(expecting count: Int) async -> Task<Void, any Error> {
            let (scheduler, shutdown) = (scheduler, shutdown)
            let task = Task { try await scheduler.run(until: shutdown) }
            await eventually { await scheduler.isLoaded }
            await eventually { await scheduler.monitorCount >= count }
            await eventually { clock.sleeperCount != 0 }
            return task
        }

        /// Advances both clocks in small steps, and lets the scheduler tick in each.
        func advance(by duration: Duration) async {
            var left = duration
            while left > .zero {
                await eventually { clock.sleeperCount != 0 }
                wall.advance(by: .milliseconds(500))
                clock.advance(by: .milliseconds(500))
                left -= .milliseconds(500)
            }
            await eventually { clock.sleeperCount != 0 }
        }

        /// All jobs scheduled so far, without waiting.
        func scheduled() async -> [CheckJob] {
            let jobs = jobs
            let reading = Task { await jobs.receive(upTo: 100_000).messages }
            reading.cancel()
            return await reading.value
        }
    }

    @Test func everyActiveMonitorIsScheduledAtItsSlots() async throws {
        let bench = try await Bench()
        let ten = try await bench.add("ten", seconds: 10)
        let minute = try await bench.add("minute", seconds: 60)
        _ = try await bench.add("paused", seconds: 10, isActive: false)
        let running = await bench.start(expecting: 2)
        await bench.advance(by: .seconds(120))
        let jobs = await bench.scheduled()
        #expect(Set(jobs.map(\.monitorID)) == [ten.id, minute.id])
        #expect((12...13).contains(jobs.filter { $0.monitorID == ten.id }.count))
        for monitor in [ten, minute] {
            let rule = SlotRule(id: monitor.id, interval: monitor.interval)
            let found = jobs.filter { $0.monitorID == monitor.id }.map(\.scheduledAt)
            #expect(found == Set(found).sorted() && found.allSatisfy { rule.next(atOrAfter: $0) == $0 })
        }
        bench.shutdown.trigger()
        try await running.value
    }

    @Test func pushMonitorsAreNeverScheduled() async throws {
        let bench = try await Bench()
        func push(_ name: String) async throws -> Monitor {
            let settings = PushKind.prepared(PushSettings(), stored: nil)
            let draft = MonitorDraft(name: name, spec: CheckSpec(settings), interval: .seconds(86_400), tags: [])
            return try await bench.monitors.insert(draft, now: bench.wall.now)
        }
        _ = try await push("before")
        let ten = try await bench.add("ten", seconds: 10)
        let running = await bench.start(expecting: 1)
        await bench.broker.broadcast(.changed(try await push("while")), on: Topics.monitorEvents)
        await bench.advance(by: .seconds(120))
        #expect(Set(await bench.scheduled().map(\.monitorID)) == [ten.id])
        #expect(await bench.scheduler.monitorCount == 1)
        bench.shutdown.trigger()
        try await running.value
    }

    @Test func newAndChangedMonitorsAreCheckedAtOnce() async throws {
        let bench = try await Bench()
        let running = await bench.start(expecting: 0)
        var monitor = try await bench.add("new", seconds: 86_400)
        await bench.broker.broadcast(.changed(monitor), on: Topics.monitorEvents)
        #expect(await bench.jobs.receive(upTo: 10).messages.map(\.scheduledAt) == [bench.wall.now])
        monitor.spec = CheckSpec.http("http://other/")
        monitor.revision += 1
        await bench.broker.broadcast(.changed(monitor), on: Topics.monitorEvents)
        #expect(await bench.jobs.receive(upTo: 10).messages.map(\.spec.target) == ["http://other/"])
        bench.shutdown.trigger()
        try await running.value
    }

    @Test func lostFirstCheckIsScheduledAfterARestart() async throws {
        let bench = try await Bench()
        let daily = try await bench.add("daily", seconds: 86_400)
        let minute = try await bench.add("minute", seconds: 60)
        _ = try await bench.add("paused", seconds: 86_400, isActive: false)
        let running = await bench.start(expecting: 2)
        await bench.advance(by: .seconds(2))
        let jobs = await bench.scheduled().filter { $0.monitorID != minute.id }
        #expect(jobs.map(\.monitorID) == [daily.id])
        #expect(jobs.allSatisfy { $0.scheduledAt <= bench.wall.now + .seconds(60) })
        bench.shutdown.trigger()
        try await running.value
    }

    @Test func pausedAndDeletedMonitorsAreNotScheduled() async throws {
        let bench = try await Bench()
        var paused = try await bench.add("paused", seconds: 10)
        let deleted = try await bench.add("deleted", seconds: 10)
        let running = await bench.start(expecting: 2)
        paused.isActive = false
        paused.revision += 1
        await bench.broker.broadcast(.changed(paused), on: Topics.monitorEvents)
        await bench.broker.broadcast(.deleted(deleted.id), on: Topics.monitorEvents)
        await eventually { await bench.scheduler.monitorCount <= 0 }
        _ = await bench.scheduled()
        await bench.advance(by: .seconds(60))
        #expect(await bench.scheduled().isEmpty)
        bench.shutdown.trigger()
        try await running.value
    }

    @Test func wallClockSetBackStopsNoMonitor() async throws {
        let bench = try await Bench()
        _ = try await bench.add("a", seconds: 10)
        let running = await bench.start(expecting: 1)
        await bench.advance(by: .seconds(30))
        _ = await bench.scheduled()
        bench.wall.advance(by: .seconds(-3600))
        await bench.advance(by: .seconds(30))
        #expect((2...4).contains(await bench.scheduled().count))
        bench.shutdown.trigger()
        try await running.value
    }

    @Test func missedSlotsAreCountedNotRun() async throws {
        let bench = try await Bench()
        _ = try await bench.add("a", seconds: 10)
        let running = await bench.start(expecting: 1)
        await bench.advance(by: .seconds(1))
        _ = await bench.scheduled()
        bench.wall.advance(by: .seconds(600))
        await bench.advance(by: .seconds(1))
        #expect(await bench.scheduled().count <= 2)
        #expect((58...60).contains(PipelineMetrics(bench.registry).missed.value))
        bench.shutdown.trigger()
        try await running.value
    }
}
