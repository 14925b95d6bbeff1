import Base
import Broker
import Domain
import HTTPCheck
import Lease
import Messages
import Pipeline
import Runtime
import SQL
import SQLite
import Scheduling
import Storage
import TestSupport
import Testing

/// Two schedulers, of which one is the leader: each slot is published once, and none is skipped when the leader dies.
@Suite(.timeLimit(.minutes(10))) struct SchedulerTakeoverTests {
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
        let lease: GivenLease
        let scheduler: Scheduler<ManualClock>
        private let shutdown = GracefulShutdown()
        private let running: Task<Void, any Error>

        init(_ broker: InProcessBroker, _ monitors: MonitorRepository, _ wall: Wall, _ lease: GivenLease) {
            self.lease = lease
            scheduler = Scheduler(
                broker: broker,
                monitors: monitors,
                metrics: PipelineMetrics(MetricsRegistry()),
                health: Health(),
                logger: Logger(label: "test", handler: SilentLogHandler()),
                clock: clock,
                now: { wall.now },
                lease: lease
            )
            let (scheduler, shutdown) = (scheduler, shutdown)
            running = Task { try await scheduler.run(until: shutdown) }
        }

        func stop() async throws {
            shutdown.trigger()
            try await running.value
        }
    }

    /// The second scheduler stands by, or is only started when the first has been dead for `gap` seconds.
    @Test(arguments: [0, 3, 7, 20], [true, false])
    func eachSlotIsPublishedOnceAcrossATakeover(_ gap: Int, standsBy: Bool) async throws {
        let database = try await SQLiteDatabase.open(path: ":memory:")
        _ = try await Migrator(database: database, migrations: StorageSchema.migrations).up()
        let monitors = MonitorRepository(
            database: database,
            settings: CheckSettingsColumn(kinds: CheckKinds([HTTPKind.self]), seal: nil)
        )
        let (wall, progress) = (Wall(), Progress())
        var rules: [MonitorID: SlotRule] = [:]
        for number in 0..<40 {
            let draft = MonitorDraft(
                name: "m\(number)",
                spec: CheckSpec.http("http://m\(number)/"),
                interval: .seconds(number % 2 == 0 ? 25 : 60)
            )
            let monitor = try await monitors.insert(draft, now: wall.now)
            rules[monitor.id] = SlotRule(id: monitor.id, interval: monitor.interval)
        }
        let broker = InProcessBroker(metrics: MetricsRegistry())
        let jobs = try await broker.consume(Topics.checkJobs(in: .local), group: "workers", redelivery: .seconds(600))
        let first = Node(broker, monitors, wall, GivenLease(progress, isHeld: true))
        let standby = standsBy ? Node(broker, monitors, wall, GivenLease(progress, isHeld: false)) : nil
        let nodes = [first] + (standby.map { [$0] } ?? [])
        for node in nodes { await eventually { await node.scheduler.isLoaded } }
        let start = wall.now

        /// Lets time pass for both, tick by tick.
        func pass(_ seconds: Int, _ nodes: [Node]) async {
            for _ in 0..<seconds * 2 {
                wall.advance(by: .milliseconds(500))
                for node in nodes {
                    await eventually { node.clock.sleeperCount >= 2 }
                    node.clock.advance(by: .milliseconds(500))
                    await eventually { node.clock.sleeperCount >= 2 }
                }
            }
        }
        await pass(70, nodes)
        try await first.stop()
        first.lease.give(false)
        await pass(gap, Array(nodes.dropFirst()))
        let second = standby ?? Node(broker, monitors, wall, GivenLease(progress, isHeld: true))
        await eventually { await second.scheduler.isLoaded }
        second.lease.give(true)
        await pass(70, [second])
        let end = wall.now
        try await second.stop()

        var emitted: [MonitorID: [Timestamp]] = [:]
        let receiving = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            return await jobs.receive(upTo: 1_000_000).messages
        }
        for job in await receiving.value { emitted[job.monitorID, default: []].append(job.scheduledAt) }
        for (id, rule) in rules {
            var wanted: [Timestamp] = []
            var slot = rule.next(atOrAfter: start + .seconds(3))
            while slot <= end {
                wanted.append(slot)
                slot = rule.next(atOrAfter: slot + .milliseconds(1))
            }
            let got = (emitted[id] ?? []).filter { $0 >= start + .seconds(3) && $0 <= end }
            #expect(got.sorted() == wanted, "monitor \(id), gap \(gap)")
        }
    }
}
