import Base
import Broker
import Domain
import Messages
import Pipeline
import Processing
import PushCheck
import Results
import Runtime
import Storage
import TestSupport
import Testing
import ZoneInfo

@testable import Alerting
@testable import Push

/// From a ping, or a missing one, to an incident.
@Suite("Pings and incidents", .timeLimit(.minutes(10))) struct PushAlertTests {
    /// A watch on the alerter's broker and database, and the processor that stores its results.
    private struct Bench {
        let alerting: AlertingBench
        let monitors: MonitorRepository
        let watch: PushWatch<ManualClock>
        private let shutdown = GracefulShutdown()
        private let running: [Task<Void, any Error>]

        init(_ alerting: AlertingBench) async throws {
            self.alerting = alerting
            monitors = Self.monitors(alerting)
            let metrics = PipelineMetrics(MetricsRegistry())
            let logger = Logger(label: "test", handler: SilentLogHandler())
            let processor = Processor(
                broker: alerting.broker,
                repository: alerting.results,
                tasks: MemoryTaskStore(),
                reporter: StoreReporter(health: Health(), metrics: metrics, logger: logger),
                metrics: metrics,
                flushInterval: .milliseconds(1)
            )
            let wall = alerting.wall
            let watch = PushWatch(
                broker: alerting.broker,
                monitors: monitors,
                statuses: StatusRepository(database: alerting.database),
                results: alerting.results,
                zones: ZoneFiles(),
                logger: logger,
                clock: wall.clock,
                now: { wall.now }
            )
            self.watch = watch
            let shutdown = shutdown
            running = [
                Task { try await processor.run(until: shutdown) }, Task { try await watch.run(until: shutdown) },
            ]
            await eventually { await watch.isLoaded }
        }

        static func monitors(_ alerting: AlertingBench) -> MonitorRepository {
            MonitorRepository(
                database: alerting.database,
                settings: CheckSettingsColumn(kinds: CheckKinds([PushKind.self]), seal: nil)
            )
        }

        /// A monitor that expects a ping every minute, at most ten seconds late.
        static func add(_ monitors: MonitorRepository, at time: Timestamp, retries: Int = 0) async throws -> Monitor {
            var settings = PushKind.prepared(PushSettings(), stored: nil)
            settings.options.period = .seconds(60)
            settings.options.grace = .seconds(10)
            var draft = MonitorDraft(name: "nightly", spec: CheckSpec(settings), tags: [])
            draft.alerting.rule.retries = retries
            draft.alerting.rule.retryInterval = .seconds(5)
            return try await monitors.insert(draft, now: time)
        }

        /// Lets time pass in steps, as in a running process.
        func pass(_ seconds: Int) async {
            for _ in 0..<seconds {
                alerting.advance(by: .seconds(1))
                await watch.tick()
            }
        }

        func ping(_ monitor: Monitor, _ event: PushEvent = .success) async throws {
            let token = try #require(monitor.spec.settings(of: PushKind.self)?.token)
            #expect(await watch.admit(token, isPost: true) == .accepted)
            #expect(try await watch.take(PushPing(event), for: token))
        }

        func judged(_ monitor: Monitor, at time: Timestamp) async {
            await eventually { await alerting.alerter.entry(monitor.id)?.scheduledAt == time }
            await alerting.alerter.settle()
        }

        func stop() async throws {
            shutdown.trigger()
            for task in running { try await task.value }
        }
    }

    @Test("a ping that another process received is not missing here") func twoReceivers() async throws {
        let alerting = try await AlertingBench()
        let bench = try await Bench(alerting)
        let created = alerting.wall.now
        let monitor = try await Bench.add(bench.monitors, at: created)
        let wall = alerting.wall
        let other = PushWatch(
            broker: alerting.broker,
            monitors: bench.monitors,
            statuses: StatusRepository(database: alerting.database),
            results: alerting.results,
            zones: ZoneFiles(),
            logger: Logger(label: "test", handler: SilentLogHandler()),
            clock: wall.clock,
            now: { wall.now },
            isShared: true
        )
        let shutdown = GracefulShutdown()
        let running = Task { try await other.run(until: shutdown) }
        await eventually { await other.isLoaded }
        await alerting.broker.broadcast(.changed(monitor), on: Topics.monitorEvents)
        await eventually { await bench.watch.monitorCount == 1 }
        await eventually { await other.monitorCount == 1 }

        await bench.pass(30)
        try await bench.ping(monitor)
        for _ in 0..<69 {
            alerting.advance(by: .seconds(1))
            await other.tick()
        }
        // Only the first process heard the ping, and the deadline of the other one has passed at 70 s.
        let newest = try await alerting.results.latest(for: [monitor.id])[monitor.id]
        #expect(newest?.scheduledAt == created + .seconds(30))
        alerting.advance(by: .seconds(1))
        await other.tick()
        await bench.watch.tick()
        await bench.judged(monitor, at: created + .seconds(100))
        let incidents = try await alerting.incidentList()
        #expect(incidents.count == 1 && incidents.first?.reason == "push_missing")
        shutdown.trigger()
        try await running.value
        try await bench.stop()
    }

    @Test("a ping means up, a missing ping down, the next ping up again") func life() async throws {
        let alerting = try await AlertingBench()
        let bench = try await Bench(alerting)
        let created = alerting.wall.now
        let monitor = try await Bench.add(bench.monitors, at: created)
        await alerting.broker.broadcast(.changed(monitor), on: Topics.monitorEvents)
        await eventually { await bench.watch.monitorCount == 1 }
        await bench.pass(30)
        try await bench.ping(monitor)
        await bench.judged(monitor, at: created + .seconds(30))
        await bench.pass(69)
        #expect(try await alerting.incidentList().isEmpty)
        await bench.pass(1)
        await bench.judged(monitor, at: created + .seconds(100))
        let incident = try #require(try await alerting.incidentList().first)
        #expect(incident.reason == "push_missing" && incident.state != .resolved)
        #expect(incident.message == "no ping for 1m10s: expected by \(created + .seconds(90))")
        // The failure is repeated every period.
        await bench.pass(60)
        await bench.judged(monitor, at: created + .seconds(160))
        try await bench.ping(monitor)
        await bench.judged(monitor, at: created + .milliseconds(160_001))
        let incidents = try await alerting.incidentList()
        #expect(incidents.count == 1 && incidents.first?.state == .resolved)
        try await eventually {
            try await alerting.results.latest(for: [monitor.id])[monitor.id]?.outcome.isSuccess == true
        }
        try await bench.stop()
        try await alerting.stop()
    }

    @Test("a reported failure opens an incident with its exit status") func reported() async throws {
        let alerting = try await AlertingBench()
        let monitor = try await Bench.add(Bench.monitors(alerting), at: alerting.wall.now)
        let bench = try await Bench(alerting)
        try await bench.ping(monitor, .exit(3))
        await bench.judged(monitor, at: alerting.wall.now)
        let incident = try #require(try await alerting.incidentList().first)
        #expect(incident.reason == "push_reported" && incident.message == "the sender reported exit status 3")
        try await bench.stop()
        try await alerting.stop()
    }

    @Test("with one retry a failure is pending until the next ping") func confirmed() async throws {
        let alerting = try await AlertingBench()
        let monitor = try await Bench.add(Bench.monitors(alerting), at: alerting.wall.now, retries: 1)
        let bench = try await Bench(alerting)
        let pinged = alerting.wall.now
        try await bench.ping(monitor, .fail)
        await bench.judged(monitor, at: pinged)
        #expect(try await alerting.incidentList().isEmpty)
        await eventually { await bench.watch.wantedCount == 1 }
        await bench.pass(5)
        await bench.judged(monitor, at: pinged + .seconds(5))
        #expect(try await alerting.incidentList().map(\.reason) == ["push_reported"])
        try await bench.stop()
        try await alerting.stop()
    }

    @Test("a ping that was stored when the process was killed is judged by the next one")
    func killed() async throws {
        let alerting = try await AlertingBench()
        let monitor = try await Bench.add(Bench.monitors(alerting), at: alerting.wall.now, retries: 1)
        let pinged = alerting.wall.now
        // Stored, and killed before the alerter got it.
        let outcome = PushPing(.exit(7)).outcome(at: pinged, duration: nil)
        let result = CheckResult(
            monitorID: monitor.id,
            region: .local,
            scheduledAt: pinged,
            checkedAt: pinged,
            outcome: outcome,
            revision: monitor.revision,
            url: monitor.spec.target,
            kind: PushKind.self
        )
        #expect(try await alerting.results.append([result]) == 1)
        let bench = try await Bench(alerting)
        await bench.judged(monitor, at: pinged)
        // The failure that was reported before is what is confirmed.
        await eventually { await bench.watch.wantedCount == 1 }
        await bench.pass(5)
        await bench.judged(monitor, at: pinged + .seconds(5))
        #expect(try await alerting.incidentList().map(\.message) == ["the sender reported exit status 7"])
        #expect(try await alerting.results.history(monitor.id, limit: 10).count == 2)
        try await bench.stop()
        try await alerting.stop()
    }

    @Test("after a restart, missed deadlines get the grace again and others stay")
    func restart() async throws {
        let alerting = try await AlertingBench()
        let monitor = try await Bench.add(Bench.monitors(alerting), at: alerting.wall.now)
        let pinged = alerting.wall.now
        let first = try await Bench(alerting)
        try await first.ping(monitor)
        await first.judged(monitor, at: pinged)
        try await eventually { try await alerting.results.latest(for: [monitor.id])[monitor.id] != nil }
        try await first.stop()
        alerting.advance(by: .seconds(30))
        let second = try await Bench(alerting)
        await second.pass(39)
        #expect(try await alerting.incidentList().isEmpty)
        try await second.stop()
        alerting.advance(by: .seconds(3600))
        let restarted = alerting.wall.now
        let third = try await Bench(alerting)
        await third.pass(9)
        #expect(try await alerting.incidentList().isEmpty)
        await third.pass(1)
        await third.judged(monitor, at: restarted + .seconds(10))
        #expect(try await alerting.incidentList().map(\.reason) == ["push_missing"])
        try await third.stop()
        try await alerting.stop()
    }
}
