import Base
import Broker
import Domain
import HTTPCheck
import Lease
import Messages
import Pipeline
import Runtime
import Results
import SQL
import Scheduling
import Storage
import TestSupport
import Testing

/// Two schedulers, of which one is the leader: each slot is published once, and none is skipped when the leader dies.
///
/// After a long time without a leader, the newest slot of each monitor is published, and the others are counted.
@Suite(.everyDatabase, .timeLimit(.minutes(10))) struct SchedulerTakeoverTests {
    /// A lease that the test assigns to one of two schedulers.
    private final class GivenLease: LeaderLease {
        private let isHeld: Locked<Bool>
        private let progress: Progress
        init(_ progress: Progress, isHeld: Bool) {
            self.progress = progress
            self.isHeld = Locked(isHeld)
        }

        func give(_ isHeld: Bool) { self.isHeld.withLock { $0 = isHeld } }
        func token() async -> FencingToken? { isHeld.withLock { $0 } ? .unfenced : nil }
        func position() async -> Int64? { progress.value.withLock { $0 } }
        func note(_ position: Int64) async { progress.value.withLock { $0 = position } }
    }

    private final class Progress: Sendable { let value = Locked<Int64?>(nil) }

    private final class Wall: Sendable {
        private let value = Locked(Timestamp(milliseconds: 1_795_000_000_000))
        var now: Timestamp { value.withLock { $0 } }
        func advance(by duration: Duration) { value.withLock { $0 = $0 + duration } }
    }

    /// One scheduler with its own clocks, which the test moves together.
    private struct Node {
        let clock = ManualClock()
        let registry = MetricsRegistry()
        let lease: GivenLease
        let scheduler: Scheduler<ManualClock>
        private let shutdown = GracefulShutdown()
        private let running: Task<Void, any Error>

        init(
            _ broker: InProcessBroker,
            _ monitors: MonitorRepository,
            _ wall: Wall,
            _ lease: GivenLease,
            newestDue: Scheduler<ManualClock>.NewestDue? = nil
        ) {
            self.lease = lease
            scheduler = Scheduler(
                broker: broker,
                monitors: monitors,
                metrics: PipelineMetrics(registry),
                health: Health(),
                logger: Logger(label: "test", handler: SilentLogHandler()),
                clock: clock,
                now: { wall.now },
                lease: lease,
                newestDue: newestDue
            )
            let (scheduler, shutdown) = (scheduler, shutdown)
            running = Task { try await scheduler.run(until: shutdown) }
        }

        /// How many slots it has counted as missed.
        var missed: Int { Int(PipelineMetrics(registry).missed.value) }

        func stop() async throws {
            shutdown.trigger()
            try await running.value
        }
    }

    /// An empty database with monitors in it.
    private struct Store {
        let database: any Database
        let monitors: MonitorRepository
        let broker = InProcessBroker(metrics: MetricsRegistry())
        let jobs: any Subscription<CheckJob>
        let wall = Wall()
        private(set) var all: [Monitor] = []

        init() async throws {
            database = try await DatabaseBackend.current.open()
            _ = try await Migrator(database: database, migrations: StorageSchema.migrations).up()
            monitors = MonitorRepository(
                database: database,
                settings: CheckSettingsColumn(kinds: CheckKinds([HTTPKind.self]), seal: nil)
            )
            jobs = try await broker.consume(Topics.checkJobs(in: .local), group: "workers", redelivery: .seconds(600))
        }

        @discardableResult
        mutating func add(interval: Int) async throws -> Monitor {
            let draft = MonitorDraft(
                name: "m\(all.count)",
                spec: CheckSpec.http("http://m\(all.count)/"),
                interval: .seconds(interval)
            )
            all.append(try await monitors.insert(draft, now: wall.now))
            return all[all.count - 1]
        }

        /// Lets time pass for some nodes, tick by tick.
        func pass(_ seconds: Int, _ nodes: [Node], step: Duration = .milliseconds(500)) async {
            var left = Duration.seconds(seconds)
            while left > .zero {
                let part = min(step, left)
                left -= part
                wall.advance(by: part)
                for node in nodes {
                    await eventually { node.clock.sleeperCount >= 2 }
                    node.clock.advance(by: part)
                    await eventually { node.clock.sleeperCount >= 2 }
                }
            }
        }

        /// The instants of the published jobs of each monitor, in the order of their publishing.
        func published() async -> [MonitorID: [Timestamp]] {
            let jobs = jobs
            let receiving = Task {
                withUnsafeCurrentTask { $0?.cancel() }
                return await jobs.receive(upTo: 1_000_000).messages
            }
            return Dictionary(grouping: await receiving.value, by: \.monitorID).mapValues { $0.map(\.scheduledAt) }
        }

        /// The slots of a monitor from one instant to another, both included.
        func slots(of monitor: Monitor, from start: Timestamp, to end: Timestamp) -> [Timestamp] {
            let rule = SlotRule(id: monitor.id, interval: monitor.interval)
            var slots: [Timestamp] = []
            var slot = rule.next(atOrAfter: start)
            while slot <= end {
                slots.append(slot)
                slot = rule.next(atOrAfter: slot + .milliseconds(1))
            }
            return slots
        }

        func close() async { await database.close() }
    }

    /// The second scheduler stands by, or is only started when the first has been dead for `gap` seconds.
    @Test(arguments: [0, 3, 7, 20, 45, 300, 7200], [true, false])
    func eachSlotIsPublishedOnceAcrossATakeover(_ gap: Int, standsBy: Bool) async throws {
        var store = try await Store()
        let progress = Progress()
        for number in 0..<40 { try await store.add(interval: number % 2 == 0 ? 25 : 60) }
        func node(isHeld: Bool) -> Node {
            Node(store.broker, store.monitors, store.wall, GivenLease(progress, isHeld: isHeld))
        }
        let first = node(isHeld: true)
        let standby = standsBy ? node(isHeld: false) : nil
        let nodes = [first] + (standby.map { [$0] } ?? [])
        for node in nodes { await eventually { await node.scheduler.isLoaded } }
        let start = store.wall.now

        await store.pass(70, nodes)
        try await first.stop()
        first.lease.give(false)
        let death = store.wall.now
        let long: Duration = gap > 60 ? .seconds(30) : .milliseconds(500)
        await store.pass(gap / 2, Array(nodes.dropFirst()), step: long)
        // Nobody leads while it is created: it has no slots before.
        let late = try await store.add(interval: 25)
        await store.broker.broadcast(.changed(late), on: Topics.monitorEvents)
        if let standby { await eventually { await standby.scheduler.monitorCount == 41 } }
        await store.pass(gap - gap / 2, Array(nodes.dropFirst()), step: long)
        let second = standby ?? node(isHeld: true)
        await eventually { await second.scheduler.isLoaded }
        let takeover = store.wall.now
        second.lease.give(true)
        await store.pass(70, [second])
        let end = store.wall.now
        try await second.stop()

        let published = await store.published()
        var missing = 0
        for monitor in store.all {
            let begin = max(start + .seconds(3), monitor.createdAt)
            let got = (published[monitor.id] ?? []).filter { $0 >= begin && $0 <= end }.sorted()
            let wanted = store.slots(of: monitor, from: begin, to: end)
            #expect(Set(got).count == got.count, "monitor \(monitor.id), gap \(gap): published twice")
            let lacking = Set(wanted).subtracting(got)
            #expect(Set(got).isSubset(of: wanted), "monitor \(monitor.id), gap \(gap)")
            // Whatever is not made up for is over by the time somebody leads.
            #expect(lacking.allSatisfy { $0 > death && $0 + monitor.interval <= takeover + .seconds(1) })
            missing += lacking.count
        }
        #expect(missing == first.missed + second.missed, "gap \(gap): \(missing) missing")
        if gap <= 20 { #expect(missing == 0) }
        await store.close()
    }

    /// `serve` has no lease: after its end, however it came, it goes on after the newest result of each monitor.
    @Test(arguments: [2, 90, 3600]) func loneProcessContinuesWhereItsResultsEnd(_ gap: Int) async throws {
        var store = try await Store()
        for number in 0..<20 { try await store.add(interval: number % 2 == 0 ? 25 : 60) }
        let results = ResultBackend(of: store.database).make(on: store.database)
        let newest: Scheduler<ManualClock>.NewestDue = { monitors throws(StorageError) in
            do throws(SQLError) { return try await results.newestDue(of: monitors) } catch { throw StorageError(error) }
        }
        func node() -> Node {
            Node(store.broker, store.monitors, store.wall, GivenLease(Progress(), isHeld: true), newestDue: newest)
        }
        let start = store.wall.now
        let first = node()
        await eventually { await first.scheduler.isLoaded }
        await store.pass(130, [first])
        try await first.stop()
        let death = store.wall.now
        // Stored is what was due five seconds before the end; the rest is lost with the process.
        var stored: [MonitorID: [Timestamp]] = [:]
        for (id, slots) in await store.published() {
            stored[id] = slots.filter { $0 < death - .seconds(5) }
            _ = try await results.append(
                (stored[id] ?? []).map {
                    CheckResult(
                        monitorID: id,
                        region: .local,
                        scheduledAt: $0,
                        checkedAt: $0,
                        outcome: Outcome(latency: .zero)
                    )
                }
            )
        }
        store.wall.advance(by: .seconds(gap))
        let takeover = store.wall.now
        let second = node()
        await eventually { await second.scheduler.isLoaded }
        await store.pass(10, [second])
        let end = store.wall.now
        try await second.stop()

        let published = await store.published()
        var missing = 0
        for monitor in store.all {
            let known = Set(stored[monitor.id] ?? [])
            let got = (published[monitor.id] ?? []).filter { $0 <= end }
            #expect(known.isDisjoint(with: got), "monitor \(monitor.id): what is stored is not checked again")
            let lacking = Set(store.slots(of: monitor, from: start + .seconds(1), to: end)).subtracting(known)
                .subtracting(got)
            #expect(lacking.allSatisfy { $0 + monitor.interval <= takeover + .seconds(1) })
            missing += lacking.count
        }
        #expect(missing == second.missed)
        if gap < 25 { #expect(missing == 0) }
        await store.close()
    }
}
