import Base
import Broker
import Domain
import HTTPCheck
import Messages
import Pipeline
import Processing
import Runtime
import SQL
import Storage
import TestSupport
import Testing
import Worker
import Results

@testable import Alerting

/// Two processes of each role on one broker and one database, each of which can be killed.
final class RoleBench: Sendable {
    /// One process with one role.
    final class Process: Sendable {
        let life = Lifeline()
        let broker: CrashingBroker
        let database: CrashingDatabase
        private let shutdown = GracefulShutdown()
        private let running = Locked<Task<Void, any Error>?>(nil)

        init(_ bench: RoleBench) {
            broker = CrashingBroker(bench.broker, life)
            database = CrashingDatabase(bench.database, life)
        }

        func start(_ service: any Service) {
            let shutdown = shutdown
            running.withLock { $0 = Task { try await service.run(until: shutdown) } }
        }

        /// Kills the process after some more steps, and makes the broker notice its death.
        func kill(after steps: Int) async {
            life.set(steps: steps)
            await eventually { life.isDead }
            await broker.bury()
        }

        func stop() async {
            shutdown.trigger()
            // A dead process cannot end properly: its services are expected to throw.
            _ = try? await running.withLock { $0 }?.value
        }
    }

    let registry = MetricsRegistry()
    let broker: InProcessBroker
    let database: any Database
    let monitors: [Monitor]
    let script: Script
    private let logger = Logger(label: "test", handler: SilentLogHandler())
    private let processes = Locked<[Process]>([])
    private let loops = Locked<[EventLoop]>([])

    /// The outcomes of the checks in each round.
    final class Script: Sendable {
        private let current = Locked(0)
        private let seed: UInt64
        init(seed: UInt64) { self.seed = seed }

        var round: Int { current.withLock { $0 } }
        func begin(_ round: Int) { current.withLock { $0 = round } }

        /// Outages in some rounds, at different times for each monitor.
        func isUp(_ monitor: MonitorID, _ round: Int) -> Bool {
            var random = SeededGenerator(seed: seed &+ UInt64(monitor.rawValue) &* 1000 &+ UInt64(round / 3))
            return Int.random(in: 0..<4, using: &random) > 0
        }
    }

    init(monitors count: Int, seed: UInt64) async throws {
        broker = InProcessBroker(metrics: registry)
        database = try await DatabaseBackend.current.open()
        script = Script(seed: seed)
        _ = try await Migrator(database: database, migrations: StorageSchema.migrations).up()
        let repository = MonitorRepository(
            database: database,
            settings: CheckSettingsColumn(kinds: CheckKinds([HTTPKind.self]), seal: nil)
        )
        var made: [Monitor] = []
        for number in 0..<count {
            var draft = MonitorDraft(name: "m\(number)", spec: CheckSpec.http("http://m\(number).test/"))
            (draft.alerting.rule.retries, draft.alerting.rule.retryInterval) = (1, nil)
            made.append(try await repository.insert(draft, now: .now))
        }
        monitors = made
    }

    // MARK: Roles

    func worker() throws -> Process {
        let process = Process(self)
        let loop = try EventLoop(name: "roles-test")
        loops.withLock { $0.append(loop) }
        var configuration = WorkerConfiguration()
        (configuration.flushInterval, configuration.drainLimit) = (.milliseconds(1), .milliseconds(20))
        let script = script
        process.start(
            Worker(
                loop: loop,
                broker: process.broker,
                tasks: MemoryTaskStore(),
                configuration: configuration,
                metrics: PipelineMetrics(registry)
            ) { _, loop in RoundProber(loop: loop, script: script) }
        )
        return keep(process)
    }

    func processor() -> Process {
        let process = Process(self)
        let metrics = PipelineMetrics(registry)
        process.start(
            Processor(
                broker: process.broker,
                repository: ResultBackend(of: database).make(on: process.database),
                tasks: MemoryTaskStore(),
                reporter: StoreReporter(health: Health(), metrics: metrics, logger: logger),
                metrics: metrics,
                flushInterval: .milliseconds(1),
                flushSize: 100
            )
        )
        return keep(process)
    }

    func alerter() -> Process {
        let process = Process(self)
        process.start(makeAlerter(process.broker, process.database))
        return keep(process)
    }

    func makeAlerter(
        _ broker: any Broker,
        _ database: any Database,
        now: @escaping @Sendable () -> Timestamp = { .now }
    ) -> Alerter<ContinuousClock> {
        let channels = ChannelRepository(
            database: database,
            seal: SettingsSeal(seal: { text, _ in text }) { text, _ in text }
        )
        return Alerter(
            broker: broker,
            statuses: StatusRepository(database: database),
            writer: OutageWriter(
                incidents: IncidentRepository(database: database),
                results: ResultBackend(of: self.database).make(on: database),
                planner: NotificationPlanner(
                    channels: channels,
                    links: IncidentLinks(base: "http://sentinel.test", installation: "test")
                ),
                regions: .always("local")
            ),
            metrics: AlertingMetrics(registry),
            logger: logger,
            clock: ContinuousClock(),
            now: now
        )
    }

    private func keep(_ process: Process) -> Process {
        processes.withLock { $0.append(process) }
        return process
    }

    func stop() async {
        for process in processes.withLock({ $0 }) { await process.stop() }
    }

    // MARK: Rounds

    /// One check of every monitor, until everything that follows is stored.
    func run(_ round: Int, from start: Timestamp) async throws {
        script.begin(round)
        let due = start + .seconds(Int64(round))
        let jobs = monitors.map { monitor in
            CheckJob(
                monitorID: monitor.id,
                revision: monitor.revision,
                region: .local,
                scheduledAt: due,
                expiresAt: .now + .seconds(3600),
                spec: monitor.spec
            )
        }
        try await broker.publish(jobs, to: Topics.checkJobs(in: .local))
        await eventually { isIdle("check-jobs") && isIdle("monitoring-results") }
    }

    /// Whether no message of a topic is waiting or unacknowledged.
    private func isIdle(_ topic: String) -> Bool {
        let text = registry.prometheusText()
        return ["queue_depth", "queue_in_flight"].allSatisfy {
            text.contains("sentinel_\($0){topic=\"\(topic)\"} 0\n")
        }
    }

    /// The outages that follow from a monitor's stored history.
    func replay(_ monitor: Monitor, on results: any ResultStore) async throws -> OutageForecast {
        let replay = VerdictReplay(monitor.alerting.rule, limit: 10_000)
        let end = Timestamp.now
        return try await results.replay(
            monitor.id,
            from: Timestamp(milliseconds: 0),
            to: end,
            into: replay
        ) { $0.see($1) }.finish(at: end)
    }
}

/// A prober whose outcomes are those of the script's current round.
private final class RoundProber: Prober {
    private let loop: EventLoop
    private let script: RoleBench.Script

    init(loop: EventLoop, script: RoleBench.Script) { (self.loop, self.script) = (loop, script) }

    var runningCount: Int { 0 }
    func cancel(_ token: ProbeToken) {}
    func cancelAll() {}

    func probe(
        _ spec: CheckSpec,
        monitor: MonitorID?,
        completion: @escaping (Outcome) -> Void
    ) -> ProbeToken {
        var outcome = Outcome(latency: .milliseconds(3))
        outcome.statusCode = 200
        if let monitor, !script.isUp(monitor, script.round) {
            outcome.statusCode = 503
            outcome.failure = Outcome.Failure(.httpStatus, in: .assertion, "status 503")
        }
        loop.arm(after: .zero) { completion(outcome) }
        return ProbeToken(number: 0)
    }
}
