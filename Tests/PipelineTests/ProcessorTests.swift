import Processing
import Messages
import Base
import Broker
import Domain
import Pipeline
import Runtime
import SQL
import SQLite
import SQLiteResults
import Storage
import TestSupport
import Testing
import Results

@Suite(.timeLimit(.minutes(10))) struct ProcessorTests {
    /// A running processor over an in-memory database that can fail.
    private struct Bench {
        let clock = ManualClock()
        let registry = MetricsRegistry()
        let health = Health()
        let broker: InProcessBroker
        let tasks = MemoryTaskStore()
        let cache = RecordingCache()
        let database: FaultyDatabase
        let monitors: MonitorRepository
        let repository: SQLiteResults
        let shutdown = GracefulShutdown()
        let running: Task<Void, any Error>
        let topic: Topic<CheckResult>

        init(capacity: Int = 1000, flushSize: Int = 1000, drainLimit: Duration? = nil) async throws {
            let inner = try await SQLiteDatabase.open(path: ":memory:")
            _ = try await Migrator(database: inner, migrations: StorageSchema.migrations).up()
            broker = InProcessBroker(metrics: registry)
            database = FaultyDatabase(inner)
            monitors = MonitorRepository(database: database, settings: .forTests)
            repository = SQLiteResults(database: database)
            topic = Topics.results(capacity: capacity)
            let metrics = PipelineMetrics(registry)
            let processor = Processor(
                broker: broker,
                repository: repository,
                tasks: tasks,
                cache: cache,
                reporter: StoreReporter(
                    health: health,
                    metrics: metrics,
                    logger: Logger(label: "test", handler: SilentLogHandler())
                ),
                metrics: metrics,
                clock: clock,
                flushSize: flushSize,
                topic: topic,
                drainLimit: drainLimit
            )
            let shutdown = shutdown
            running = Task { try await processor.run(until: shutdown) }
            await eventually { registry.prometheusText().contains("monitoring-results") }
        }

        func makeMonitor(_ name: String) async throws -> MonitorID {
            try await monitors.insert(
                MonitorDraft(name: name, spec: CheckSpec.http("http://\(name)/")),
                now: Timestamp(milliseconds: 0)
            ).id
        }

        func stored(_ id: MonitorID) async throws -> [Int64] {
            try await repository.history(id, limit: 1000).map(\.scheduledAt.milliseconds)
        }

        /// Lets time pass until the condition holds; all waits of the processor use the manual clock.
        func settle(_ condition: () async throws -> Bool) async throws {
            try await eventually {
                if try await condition() { return true }
                clock.advance(by: .milliseconds(50))
                return false
            }
        }

        func stop() async throws {
            shutdown.trigger()
            try await running.value
        }
    }

    private func result(_ id: MonitorID, at time: Int64, up: Bool = true, task: String? = nil) -> CheckResult {
        var outcome = Outcome(latency: .milliseconds(5))
        outcome.statusCode = up ? 200 : 500
        if !up { outcome.failure = Outcome.Failure(.httpStatus, in: .assertion, "status 500") }
        let due = Timestamp(milliseconds: time)
        return CheckResult(
            monitorID: id,
            region: .local,
            scheduledAt: due,
            checkedAt: due,
            outcome: outcome,
            taskID: task
        )
    }

    @Test func cacheIsToldWhatIsStoredAndNothingElse() async throws {
        let bench = try await Bench()
        let id = try await bench.makeMonitor("a")
        bench.database.failAlways(.full)
        try await bench.broker.publish([result(id, at: 1000)], to: bench.topic)
        try await bench.settle { !bench.health.isHealthy }
        #expect(bench.cache.noted.isEmpty)
        bench.database.failAlways(nil)
        try await bench.settle { bench.cache.noted.count == 1 }
        #expect(try await bench.stored(id) == [1000])
        try await bench.stop()
    }

    /// A deleted monitor's newest results go when its others do, whatever the API could do.
    @Test func housekeeperForgetsDeletedMonitors() async throws {
        let bench = try await Bench()
        let id = try await bench.makeMonitor("a")
        _ = try await bench.repository.append([result(id, at: 1000)])
        #expect(try await bench.monitors.delete(id, now: Timestamp(milliseconds: 0)))
        let cache = bench.cache
        let housekeeper = Housekeeper(
            results: bench.repository,
            monitors: bench.monitors,
            retention: .seconds(3600),
            metrics: PipelineMetrics(bench.registry),
            logger: Logger(label: "test", handler: SilentLogHandler()),
            clock: bench.clock,
            forget: { cache.forget($0, deleted: true) }
        )
        let shutdown = GracefulShutdown()
        let running = Task { try await housekeeper.run(until: shutdown) }
        try await bench.settle { cache.forgotten == [id] }
        shutdown.trigger()
        try await running.value
        try await bench.stop()
    }

    @Test func unstoredResultsAreNotAcknowledgedAtShutdown() async throws {
        let bench = try await Bench()
        let id = try await bench.makeMonitor("a")
        bench.database.failAlways(.full)
        let result = CheckResult(
            monitorID: id,
            region: .local,
            scheduledAt: Timestamp(milliseconds: 1000),
            checkedAt: Timestamp(milliseconds: 1000),
            outcome: Outcome(latency: .zero)
        )
        try await bench.broker.publish([result], to: bench.topic)
        try await bench.settle { bench.health.snapshot.contains { $0.component == "store" && $0.status != .ok } }
        bench.shutdown.trigger()
        try await bench.running.value
        // The next consumer receives it again.
        let next = try await bench.broker.consume(bench.topic, group: "processor", redelivery: .seconds(60))
        #expect(await next.receive(upTo: 10).messages.map(\.scheduledAt) == [result.scheduledAt])
    }

    @Test func everyResultThatWaitsAtShutdownIsCountedAsLost() async throws {
        let bench = try await Bench(flushSize: 2)
        let id = try await bench.makeMonitor("a")
        bench.database.failAlways(.full)
        try await bench.broker.publish((1...7).map { result(id, at: $0 * 1000) }, to: bench.topic)
        try await bench.settle { !bench.health.isHealthy }
        bench.shutdown.trigger()
        try await bench.running.value
        #expect(bench.registry.prometheusText().contains("sentinel_results_lost_total 7"))
    }

    /// Where the broker outlives the processor, they are delivered to the next one.
    @Test func resultsThatAreDeliveredAgainAreNotLost() async throws {
        let bench = try await Bench(flushSize: 2, drainLimit: .seconds(5))
        let id = try await bench.makeMonitor("a")
        bench.database.failAlways(.full)
        try await bench.broker.publish((1...7).map { result(id, at: $0 * 1000) }, to: bench.topic)
        try await bench.settle { !bench.health.isHealthy }
        try await bench.stop()
        #expect(!bench.registry.prometheusText().contains("sentinel_results_lost_total 7"))
        #expect(PipelineMetrics(bench.registry).lost.value == 0)
        let next = try await bench.broker.consume(bench.topic, group: "processor", redelivery: .seconds(60))
        var found: Set<Int64> = []
        while found.count < 7 {
            found.formUnion(await next.receive(upTo: 10).messages.map(\.scheduledAt.milliseconds))
        }
        #expect(found == Set((1...7).map { $0 * 1000 }))
    }

    /// Others may publish faster than it stores: it does not go on for ever.
    @Test func processorEndsHoweverMuchWaits() async throws {
        let bench = try await Bench(flushSize: 1, drainLimit: .seconds(5))
        let id = try await bench.makeMonitor("a")
        // Each transaction takes a second of the manual clock, and each stored result is followed by another one.
        let number = Locked<Int64>(1)
        let (broker, topic, clock) = (bench.broker, bench.topic, bench.clock)
        bench.database.beforeTransactions {
            clock.advance(by: .seconds(1))
            let next = number.withLock { number in
                number += 1
                return number
            }
            try? await broker.publish([self.result(id, at: next * 1000)], to: topic)
        }
        try await broker.publish([result(id, at: 1000)], to: topic)
        try await bench.settle { try await bench.stored(id).count > 2 }
        let before = number.withLock { $0 }
        try await bench.stop()
        // A second each, and five of them.
        #expect(number.withLock { $0 } <= before + 12)
    }

    @Test func resultsAreStoredCountedAndPublished() async throws {
        let bench = try await Bench()
        let id = try await bench.makeMonitor("a")
        _ = await bench.tasks.create("t", monitor: id, at: .now)
        let results = [result(id, at: 1000), result(id, at: 2000, up: false, task: "t")]
        try await bench.broker.publish(results, to: bench.topic)
        try await bench.settle { try await bench.stored(id) == [2000, 1000] }
        try await bench.settle { await bench.tasks.task("t")?.state == .finished(results[1]) }
        let text = bench.registry.prometheusText()
        #expect(text.contains(#"sentinel_checks_total{result="up"} 1"#))
        #expect(text.contains(#"sentinel_checks_total{result="down"} 1"#))
        #expect(text.contains(#"sentinel_check_failures_total{reason="http_status"} 1"#))
        try await bench.stop()
    }

    @Test(arguments: [SQLError.full, .busy, .readOnly, .unavailable("gone")])
    func failingStoreIsReportedAndLosesNothing(_ error: SQLError) async throws {
        let bench = try await Bench()
        let id = try await bench.makeMonitor("a")
        bench.database.failAlways(error)
        try await bench.broker.publish([result(id, at: 1000)], to: bench.topic)
        try await bench.settle { !bench.health.isHealthy }
        #expect(bench.health.snapshot.first { $0.component == "store" }?.status == .failing("\(error)"))
        try await bench.broker.publish([result(id, at: 2000)], to: bench.topic)
        bench.database.failAlways(nil)
        try await bench.settle { try await bench.stored(id) == [2000, 1000] }
        #expect(bench.health.isHealthy)
        #expect(bench.registry.prometheusText().contains(#"sentinel_store_errors_total{error="\#(error.label)"}"#))
        try await bench.stop()
    }

    @Test func unstorableResultAffectsNoOther() async throws {
        let bench = try await Bench()
        let id = try await bench.makeMonitor("a")
        // The whole batch fails, then its first half, then the first quarter, which is a single result.
        bench.database.fail([.programming("x"), .programming("x"), .programming("x")])
        try await bench.broker.publish((1...4).map { result(id, at: $0 * 1000) }, to: bench.topic)
        try await bench.settle { try await bench.stored(id) == [4000, 3000, 2000] }
        #expect(bench.registry.prometheusText().contains("sentinel_results_lost_total 1"))
        try await bench.stop()
    }

    @Test func newestResultsAreKeptWhileTheStoreIsUnavailable() async throws {
        let bench = try await Bench(capacity: 5, flushSize: 1)
        let id = try await bench.makeMonitor("a")
        bench.database.failAlways(.full)
        try await bench.broker.publish([result(id, at: 1000)], to: bench.topic)
        try await bench.settle { !bench.health.isHealthy }
        for time in 2...20 { try await bench.broker.publish([result(id, at: Int64(time) * 1000)], to: bench.topic) }
        bench.database.failAlways(nil)
        try await bench.settle { try await bench.stored(id).count == 6 }
        #expect(try await bench.stored(id) == [20_000, 19_000, 18_000, 17_000, 16_000, 1000])
        let dropped = #"sentinel_broker_dropped_total{topic="monitoring-results"} 14"#
        #expect(bench.registry.prometheusText().contains(dropped))
        try await bench.stop()
    }

    @Test func stoppingStoresWaitingResults() async throws {
        let bench = try await Bench(flushSize: 2)
        let id = try await bench.makeMonitor("a")
        try await bench.broker.publish((1...9).map { result(id, at: $0 * 1000) }, to: bench.topic)
        try await bench.stop()
        #expect(try await bench.stored(id).count == 9)
    }

    @Test func repeatedAndLateResultsChangeNothing() async throws {
        let bench = try await Bench()
        let id = try await bench.makeMonitor("a")
        try await bench.broker.publish([result(id, at: 2000), result(id, at: 2000)], to: bench.topic)
        try await bench.broker.publish([result(id, at: 1000, up: false)], to: bench.topic)
        try await bench.settle { try await bench.stored(id) == [2000, 1000] }
        try await bench.stop()
        #expect(try await bench.stored(id) == [2000, 1000])
    }

    @Test func resultsOfDeletedMonitorsAreDropped() async throws {
        let bench = try await Bench()
        let id = try await bench.makeMonitor("a")
        let other = try await bench.makeMonitor("b")
        try await bench.broker.publish([result(id, at: 1000)], to: bench.topic)
        try await bench.settle { try await bench.stored(id) == [1000] }
        _ = try await bench.monitors.delete(id, now: .now)
        await bench.broker.broadcast(.deleted(id), on: Topics.monitorEvents)
        try await bench.broker.publish([result(id, at: 2000), result(other, at: 2000)], to: bench.topic)
        try await bench.settle { try await bench.stored(other) == [2000] }
        #expect(try await !bench.stored(id).contains(2000))
        try await bench.stop()
    }
}
