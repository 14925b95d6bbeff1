import Base
import Broker
import Domain
import HTTPCheck
import Messages
import Pipeline
import Runtime
import TestSupport
import Testing
import Worker

/// Workers that are paused, resumed and resized.
@Suite(.timeLimit(.minutes(10))) struct WorkerPoolTests {
    /// A pool of two workers with its broker.
    private struct Bench {
        let registry = MetricsRegistry()
        let broker: InProcessBroker
        let tasks = MemoryTaskStore()
        let journal = ProbeJournal()
        let shutdown = GracefulShutdown()
        let results: any Subscription<CheckResult>
        let pool: WorkerPool
        let running: Task<Void, any Error>

        init(concurrency: Int = 8, workers count: Int = 2) async throws {
            var configuration = WorkerConfiguration()
            configuration.flushInterval = .milliseconds(1)
            configuration.drainLimit = .milliseconds(20)
            configuration.maximumRunning = concurrency / count
            configuration.process = "worker-test"
            broker = InProcessBroker(metrics: registry)
            results = try await broker.consume(Topics.results, group: "test", redelivery: .seconds(60))
            let (broker, tasks, journal, registry) = (broker, tasks, journal, registry)
            let workers = try (0..<count).map { index in
                Worker(
                    name: "worker-\(index)",
                    loop: try EventLoop(name: "pool-test-\(index)"),
                    broker: broker,
                    tasks: tasks,
                    configuration: configuration,
                    metrics: PipelineMetrics(registry)
                ) { _, loop in ScriptedProber(loop: loop, journal: journal) }
            }
            let logger = Logger(label: "test", handler: SilentLogHandler())
            let pool = WorkerPool(workers, concurrency: concurrency, logger: logger)
            self.pool = pool
            let (shutdown, ready) = (shutdown, Readiness())
            running = Task { try await pool.run(until: shutdown, ready: ready) }
            await ready.wait()
        }

        func job(_ id: Int64, _ url: String = "http://ok/", after delay: Duration = .zero, task: String? = nil)
            -> CheckJob
        {
            let due = Timestamp.now + delay
            return CheckJob(
                monitorID: MonitorID(rawValue: id),
                revision: 1,
                region: .local,
                scheduledAt: due,
                expiresAt: due + .seconds(600),
                spec: CheckSpec.http(url),
                taskID: task
            )
        }

        func publish(_ jobs: [CheckJob]) async throws {
            try await broker.publish(jobs, to: Topics.checkJobs(in: .local))
        }

        func collect(_ count: Int) async -> Set<Int64> {
            var found: Set<Int64> = []
            while found.count < count {
                found.formUnion(await results.receive(upTo: 100).messages.map(\.monitorID.rawValue))
            }
            return found
        }

        func stop() async throws {
            shutdown.trigger()
            try await running.value
        }
    }

    @Test func pausedWorkersFinishWhatTheyHaveAndTakeNoMore() async throws {
        let bench = try await Bench()
        // Two run, and one is not due yet.
        try await bench.publish([bench.job(1, "http://hang/"), bench.job(2, "http://hang/")])
        await eventually { bench.journal.started.count == 2 }
        try await bench.publish([bench.job(3, after: .milliseconds(50))])
        await eventually { bench.registry.prometheusText().contains(#"sentinel_queue_depth{topic="check-jobs"} 0"#) }
        await bench.pool.pause()
        #expect(await bench.pool.phase == .pausing)
        #expect(await bench.collect(1) == [3])
        #expect(await bench.pool.phase == .pausing)
        bench.journal.release()
        #expect(await bench.collect(2) == [1, 2])
        await eventually { await bench.pool.phase == .paused }
        #expect(bench.journal.started.count == 3)
        // All that was taken is acknowledged.
        #expect(bench.registry.prometheusText().contains(#"sentinel_queue_in_flight{topic="check-jobs"} 0"#))
        #expect(await bench.pool.load.made == 3)
        try await bench.publish([bench.job(4)])
        #expect(bench.registry.prometheusText().contains(#"sentinel_queue_depth{topic="check-jobs"} 1"#))

        await bench.pool.resume()
        #expect(await bench.collect(1) == [4])
        await eventually { await bench.pool.phase == .running }
        // Paused at once again, and more than once.
        for _ in 0..<3 {
            await bench.pool.pause()
            await bench.pool.resume()
        }
        try await bench.publish([bench.job(5)])
        #expect(await bench.collect(1) == [5])
        try await bench.stop()
    }

    @Test func pausedWorkersCanEnd() async throws {
        let bench = try await Bench()
        await bench.pool.pause()
        await eventually { await bench.pool.phase == .paused }
        try await bench.stop()
        #expect(await bench.pool.load.active == 0)
    }

    /// A process that ends waits for no check, paused or not.
    @Test func pausingWorkersCanEnd() async throws {
        let bench = try await Bench()
        try await bench.publish([bench.job(1, "http://hang/")])
        await eventually { bench.journal.started.count == 1 }
        await bench.pool.pause()
        try await bench.stop()
        #expect(await bench.pool.load.active == 0)
    }

    @Test func resizedWorkersRunMoreChecksAtOnce() async throws {
        let bench = try await Bench(concurrency: 2, workers: 1)
        try await bench.publish((1...6).map { bench.job($0, "http://hang\($0)/") })
        await eventually { await bench.pool.load.waiting == 4 }
        #expect(await bench.pool.load.active == 2)
        await bench.pool.resize(8)
        #expect(await bench.pool.concurrency == 8)
        await eventually { await bench.pool.load.active == 6 }
        await bench.pool.resize(1)
        bench.journal.release()
        #expect(await bench.collect(6).count == 6)
        try await bench.stop()
    }

    @Test func taskSaysWhoRunsIt() async throws {
        let bench = try await Bench()
        let task = await bench.tasks.create("t", monitor: MonitorID(rawValue: 1), at: .now)
        try await bench.publish([bench.job(1, task: task.id)])
        _ = await bench.collect(1)
        await eventually { await bench.tasks.task("t")?.worker == "worker-test" }
        #expect(await bench.tasks.task("t")?.startedAt != nil)
        try await bench.stop()
    }
}
