import Worker
import Messages
import Base
import Broker
import Domain
import Pipeline
import Runtime
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(10))) struct WorkerTests {
    /// A running worker with its broker.
    private struct Bench {
        let broker: FlakyBroker
        let registry = MetricsRegistry()
        let tasks = MemoryTaskStore()
        let journal = ProbeJournal()
        let shutdown = GracefulShutdown()
        let results: any Subscription<CheckResult>
        let loop: EventLoop
        let worker: Worker
        let running: Task<Void, any Error>

        init(_ change: (inout WorkerConfiguration) -> Void = { _ in }) async throws {
            var configuration = WorkerConfiguration()
            configuration.flushInterval = .milliseconds(1)
            configuration.drainLimit = .milliseconds(20)
            change(&configuration)
            let broker = FlakyBroker(InProcessBroker(metrics: registry))
            self.broker = broker
            results = try await broker.consume(Topics.results, group: "test", redelivery: .seconds(60))
            loop = try EventLoop(name: "worker-test")
            worker = Worker(
                loop: loop,
                broker: broker,
                tasks: tasks,
                configuration: configuration,
                metrics: PipelineMetrics(registry)
            ) { [journal] _, loop in ScriptedProber(loop: loop, journal: journal) }
            let (worker, shutdown) = (worker, shutdown)
            let ready = Readiness()
            running = Task { try await worker.run(until: shutdown, ready: ready) }
            await ready.wait()
        }

        /// Sends jobs for a deleted monitor, one by one, until the worker knows of the deletion and drops one.
        func hearOfDeletion() async throws {
            while skipped(.stale) == 0 {
                let started = journal.started.count
                try await broker.publish([Self.job(0)], to: Topics.checkJobs(in: .local))
                await eventually { skipped(.stale) > 0 || journal.started.count > started }
                if journal.started.count > started { _ = await results.receive(upTo: 1) }
            }
        }

        static func job(
            _ id: Int64,
            url: String = "http://ok/",
            after delay: Duration = .zero,
            revision: Int64 = 1,
            lasting: Duration = .seconds(60),
            task: String? = nil
        ) -> CheckJob {
            let due = Timestamp.now + delay
            return CheckJob(
                monitorID: MonitorID(rawValue: id),
                revision: revision,
                region: .local,
                scheduledAt: due,
                expiresAt: due + lasting,
                spec: CheckSpec.http(url),
                taskID: task
            )
        }

        /// Waits for that many results of monitors other than the readiness job's.
        func collect(_ count: Int) async -> [CheckResult] {
            var found: [CheckResult] = []
            while found.count < count {
                found += await results.receive(upTo: 100).messages.filter { $0.monitorID.rawValue != 0 }
            }
            return found
        }

        func skipped(_ reason: SkipReason) -> UInt64 { PipelineMetrics(registry).skipped(reason).value }

        func stop() async throws {
            shutdown.trigger()
            try await running.value
            loop.shutdown()
        }
    }

    @Test func workerTakesTheJobsOfItsRegionOnly() async throws {
        let region = Region(RegionID(rawValue: 7), try #require(RegionName(rawValue: "eu")))
        let bench = try await Bench { $0.region = region.name }
        let topic = Topics.checkJobs(in: region.name)
        let dead = try await bench.broker.consume(topic.deadLetters, group: "test", redelivery: .seconds(60))
        var (own, foreign) = (Bench.job(1), Bench.job(2))
        (own.region, foreign.region) = (region, Region(RegionID(rawValue: 3), .local))
        try await bench.broker.publish([Bench.job(3)], to: Topics.checkJobs(in: .local))
        try await bench.broker.publish([foreign, own], to: topic)
        let result = try #require(await bench.collect(1).first)
        #expect(result.monitorID.rawValue == 1)
        #expect(result.region == region.id && result.regionName == region.name)
        #expect(await dead.receive(upTo: 10).messages.map(\.monitorID.rawValue) == [2])
        #expect(bench.skipped(.foreign) == 1)
        #expect(bench.journal.started.count == 1)
        try await bench.stop()
    }

    @Test func unpublishedBatchIsKeptAndPublishedLater() async throws {
        let bench = try await Bench()
        bench.broker.refuse(3, on: Topics.results.name)
        try await bench.broker.publish([Bench.job(1), Bench.job(2)], to: Topics.checkJobs(in: .local))
        let found = await bench.collect(2)
        #expect(Set(found.map(\.monitorID.rawValue)) == [1, 2])
        #expect(bench.broker.refusalsLeft(on: Topics.results.name) == 0 && bench.skipped(.unpublished) == 0)
        bench.shutdown.trigger()
        try await bench.running.value
    }

    @Test func jobsStartWhenDueAndNotBefore() async throws {
        let bench = try await Bench()
        let jobs = (1...50).map { Bench.job($0, after: .milliseconds(30 + Int($0))) }
        try await bench.broker.publish(jobs.shuffled(), to: Topics.checkJobs(in: .local))
        let results = await bench.collect(50)
        #expect(Set(results.map(\.monitorID.rawValue)) == Set(1...50))
        for result in results {
            // Wall time has a resolution of a millisecond.
            #expect(result.checkedAt.milliseconds >= result.scheduledAt.milliseconds - 1)
        }
        try await bench.stop()
    }

    @Test func hungTargetsDelayNoOtherCheck() async throws {
        let bench = try await Bench { $0.maximumPerTarget = 2 }
        let hung = (1...20).map { Bench.job($0, url: "http://hang/\($0)") }
        let healthy = (21...70).map { Bench.job($0) }
        try await bench.broker.publish(hung + healthy, to: Topics.checkJobs(in: .local))
        let results = await bench.collect(50)
        #expect(Set(results.map(\.monitorID.rawValue)) == Set(21...70))
        #expect(bench.journal.started.filter { $0.hasPrefix("http://hang") }.count == 2)
        try await bench.stop()
    }

    @Test func runningCheckIsNotStartedAgain() async throws {
        let bench = try await Bench()
        try await bench.broker.publish(
            [Bench.job(1, url: "http://hang/"), Bench.job(1, url: "http://hang/"), Bench.job(2)],
            to: Topics.checkJobs(in: .local)
        )
        #expect(await bench.collect(1).map(\.monitorID.rawValue) == [2])
        #expect(bench.skipped(.overlap) == 1)
        try await bench.stop()
    }

    @Test func expiredJobsAreDroppedAndCounted() async throws {
        let bench = try await Bench()
        try await bench.broker.publish(
            [Bench.job(1, after: .seconds(-61)), Bench.job(2, after: .seconds(-59))],
            to: Topics.checkJobs(in: .local)
        )
        #expect(await bench.collect(1).map(\.monitorID.rawValue) == [2])
        #expect(bench.skipped(.expired) == 1)
        try await bench.stop()
    }

    @Test func jobsOfAnOlderRevisionAndOfDeletedMonitorsAreDropped() async throws {
        let bench = try await Bench()
        await bench.broker.broadcast(.deleted(MonitorID(rawValue: 1)), on: Topics.monitorEvents)
        await bench.broker.broadcast(.changed(monitor(2, revision: 5)), on: Topics.monitorEvents)
        await bench.broker.broadcast(.changed(monitor(3, revision: 5, isActive: false)), on: Topics.monitorEvents)
        await bench.broker.broadcast(.deleted(MonitorID(rawValue: 0)), on: Topics.monitorEvents)
        // Events arrive in order: once the last is known, so are the others.
        try await bench.hearOfDeletion()
        let before = bench.skipped(.stale)
        let jobs = [
            Bench.job(1, after: .milliseconds(50)), Bench.job(2, after: .milliseconds(50), revision: 4),
            Bench.job(3, after: .milliseconds(50), revision: 4), Bench.job(2, after: .milliseconds(60), revision: 5),
            Bench.job(3, after: .milliseconds(60), revision: 5, task: "asked"),
        ]
        try await bench.broker.publish(jobs, to: Topics.checkJobs(in: .local))
        let results = await bench.collect(2)
        #expect(Set(results.map(\.monitorID.rawValue)) == [2, 3], "a check on demand runs for a paused monitor too")
        #expect(results.first { $0.monitorID.rawValue == 3 }?.taskID == "asked")
        #expect(bench.skipped(.stale) - before == 3)
        try await bench.stop()
    }

    /// The scheduler learns of the resumption first, and its job arrives before the worker learns of it.
    @Test func firstCheckAfterResumingRuns() async throws {
        let bench = try await Bench()
        await bench.broker.broadcast(.changed(monitor(1, revision: 5, isActive: false)), on: Topics.monitorEvents)
        await bench.broker.broadcast(.deleted(MonitorID(rawValue: 0)), on: Topics.monitorEvents)
        try await bench.hearOfDeletion()
        try await bench.broker.publish([Bench.job(1, revision: 6)], to: Topics.checkJobs(in: .local))
        #expect(await bench.collect(1).map(\.monitorID.rawValue) == [1])
        try await bench.stop()
    }

    @Test func laterChecksAreShedWhenTheirTargetsQueueIsFull() async throws {
        let bench = try await Bench {
            $0.maximumRunning = 1
            $0.maximumWaiting = 2
        }
        let waiting = (1...3).map { Bench.job($0, url: "http://hang/") }
        let later = (4...6).map { Bench.job($0, url: "http://hang/", after: .seconds(600)) }
        try await bench.broker.publish(waiting + later, to: Topics.checkJobs(in: .local))
        await eventually { bench.skipped(.overloaded) == 3 }
        #expect(bench.journal.started.count == 1)
        try await bench.stop()
    }

    @Test func overloadedWorkerDropsTheCheckAndFailsItsTask() async throws {
        let bench = try await Bench {
            $0.maximumRunning = 1
            $0.maximumWaiting = 0
        }
        _ = await bench.tasks.create("asked", monitor: MonitorID(rawValue: 2), at: .now)
        try await bench.broker.publish(
            [Bench.job(1, url: "http://hang/"), Bench.job(2, task: "asked")],
            to: Topics.checkJobs(in: .local)
        )
        await eventually { await bench.tasks.task("asked")?.state != .queued }
        #expect(await bench.tasks.task("asked")?.state == .failed("the check was not made: overloaded"))
        #expect(bench.skipped(.overloaded) == 1)
        try await bench.stop()
    }

    @Test func requestedCheckWaitsForTheRunningOne() async throws {
        let bench = try await Bench()
        let hung = Bench.job(1, url: "http://hang/")
        try await bench.broker.publish([hung], to: Topics.checkJobs(in: .local))
        await eventually { bench.journal.started.count == 1 }
        let task = await bench.tasks.create("asked", monitor: hung.monitorID, at: .now)
        try await bench.broker.publish(
            [Bench.job(1, task: task.id), Bench.job(1, task: "more")],
            to: Topics.checkJobs(in: .local)
        )
        await eventually { bench.skipped(.overlap) == 1 }
        #expect(await bench.tasks.task("asked")?.state == .queued)
        bench.journal.release()
        let results = await bench.collect(2)
        #expect(results.map(\.taskID) == [nil, "asked"])
        #expect(results.map(\.outcome.isSuccess) == [false, true])
        await eventually { await bench.tasks.task("asked")?.state == .running }
        #expect(await bench.tasks.task("asked")?.state == .running)
        try await bench.stop()
    }

    @Test func repeatedRequestReturnsTheWaitingTask() async throws {
        let tasks = MemoryTaskStore(capacity: 3)
        let (one, two) = (MonitorID(rawValue: 1), MonitorID(rawValue: 2))
        let now = Timestamp(milliseconds: 1_000_000)
        let first = await tasks.create("a", monitor: one, at: now)
        #expect(first.id == "a" && first.createdAt == now)
        #expect(await tasks.create("b", monitor: one, at: now).id == "a")
        #expect(await tasks.create("c", monitor: two, at: now).id == "c")
        await tasks.update("a", .running)
        let next = await tasks.create("d", monitor: one, at: now)
        #expect(next.id == "d" && next.createdAt == now + .milliseconds(1), "each has a result of its own")
        #expect(await tasks.create("e", monitor: one, at: now + .seconds(61)).id == "e", "a lost one is not waited for")
        #expect(await tasks.task("a") == nil)
    }

    /// A check that is cut off says nothing of its target: another worker makes it.
    @Test func checksThatRunTooLongAtTheEndAreLeftToOthers() async throws {
        let bench = try await Bench()
        try await bench.broker.publish(
            [Bench.job(1, url: "http://hang/"), Bench.job(2)],
            to: Topics.checkJobs(in: .local)
        )
        await eventually { bench.journal.started.count >= 2 }
        try await bench.stop()
        let results = bench.results
        let reading = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            return await results.receive(upTo: 10).messages
        }
        #expect(await reading.value.map(\.monitorID.rawValue) == [2])
        let next = try await bench.broker.consume(
            Topics.checkJobs(in: .local),
            group: "workers",
            redelivery: .seconds(60)
        )
        #expect(await next.receive(upTo: 10).messages.map(\.monitorID.rawValue) == [1])
    }

    /// A prober that never says the end of a check must not keep the process.
    @Test func checkThatNeverEndsKeepsNoWorker() async throws {
        let bench = try await Bench()
        bench.journal.loseChecks()
        try await bench.broker.publish([Bench.job(1, url: "http://hang/")], to: Topics.checkJobs(in: .local))
        await eventually { bench.journal.started.count >= 1 }
        try await bench.stop()
        let next = try await bench.broker.consume(
            Topics.checkJobs(in: .local),
            group: "workers",
            redelivery: .seconds(60)
        )
        #expect(await next.receive(upTo: 10).messages.map(\.monitorID.rawValue) == [1])
    }

    @Test func finishedJobsAreAcknowledged() async throws {
        let bench = try await Bench()
        try await bench.broker.publish((1...10).map { Bench.job($0) }, to: Topics.checkJobs(in: .local))
        _ = await bench.collect(10)
        let depth = #"sentinel_queue_in_flight{topic="check-jobs"} 0"#
        await eventually { bench.registry.prometheusText().contains(depth) }
        try await bench.stop()
        #expect(bench.registry.prometheusText().contains(depth))
    }

    private func monitor(_ id: Int64, revision: Int64, isActive: Bool = true) -> Monitor {
        Monitor(
            id: MonitorID(rawValue: id),
            name: "m\(id)",
            spec: CheckSpec.http("http://ok/"),
            interval: .seconds(60),
            isActive: isActive,
            tags: [],
            createdAt: .now,
            updatedAt: .now,
            revision: revision
        )
    }
}
