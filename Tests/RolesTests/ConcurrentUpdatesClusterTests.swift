import Base
import Broker
import Domain
import HTTPCheck
import Messages
import Pipeline
import Processing
import Results
import Runtime
import SQL
import Storage
import TestSupport
import Testing

/// Many results of one monitor at once, over two processors and PostgreSQL.
@Suite struct ConcurrentUpdatesClusterTests {
    @Test(.timeLimit(.minutes(10))) func twoHundredConcurrentUpdatesAreTwoHundred() async throws {
        let database = try await DatabaseBackend.postgres.open()
        _ = try await Migrator(database: database, migrations: StorageSchema.migrations).up()
        let results = ResultBackend(of: database).make(on: database)
        let monitors = MonitorRepository(
            database: database,
            settings: CheckSettingsColumn(kinds: CheckKinds([HTTPKind.self]), seal: nil)
        )
        let monitor = try await monitors.insert(
            MonitorDraft(name: "a", spec: CheckSpec.http("http://a/")),
            now: Timestamp(milliseconds: 0)
        ).id
        let registry = MetricsRegistry()
        let metrics = PipelineMetrics(registry)
        let broker = InProcessBroker(metrics: registry)
        let shutdown = GracefulShutdown()
        var running: [Task<Void, any Error>] = []
        for _ in 0..<2 {
            let processor = Processor(
                broker: broker,
                repository: ResultBackend(of: database).make(on: database),
                tasks: MemoryTaskStore(),
                reporter: StoreReporter(
                    health: Health(),
                    metrics: metrics,
                    logger: Logger(label: "test", handler: SilentLogHandler())
                ),
                metrics: metrics,
                flushInterval: .zero,
                flushSize: 7
            )
            let ready = Readiness()
            running.append(Task { try await processor.run(until: shutdown, ready: ready) })
            await ready.wait()
        }
        let start = Timestamp.now - .seconds(86_400)
        await withTaskGroup(of: Void.self) { group in
            for number in 0..<200 {
                group.addTask {
                    let due = start + .seconds(number * 10)
                    var outcome = Outcome(latency: .milliseconds(5))
                    outcome.statusCode = 200
                    let result = CheckResult(
                        monitorID: monitor,
                        region: .local,
                        scheduledAt: due,
                        checkedAt: due,
                        outcome: outcome
                    )
                    // Every fourth is delivered twice, as after a crash.
                    for _ in 0..<(number % 4 == 0 ? 2 : 1) { try? await broker.publish([result], to: Topics.results) }
                }
            }
        }
        try await eventually {
            _ = try await results.history(monitor, limit: 1)
            return metrics.checksUp.value == 250
        }
        let stored = try await results.history(monitor, limit: 1000)
        #expect(stored.count == 200)
        #expect(Set(stored.map(\.scheduledAt)).count == 200)
        shutdown.trigger()
        for task in running { try await task.value }
    }
}
