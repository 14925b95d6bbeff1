package import Base
package import Runtime

/// The workers of a process, which can be paused, resumed and resized together.
package actor WorkerPool: Service {
    package nonisolated let name = "workers"
    private let workers: [Worker]
    private let logger: Logger
    /// How many checks may run at once, in all workers.
    package private(set) var concurrency: Int
    package private(set) var phase = Phase.starting
    private var isPaused = false
    /// Ends the workers' present run.
    private var stop: GracefulShutdown?
    /// Turned on when paused workers should go on.
    private var resumed = OneWaySwitch()
    private var isEnding = false

    /// What the workers do.
    package enum Phase: Sendable { case starting, running, pausing, paused }

    /// `concurrency` is how many checks may run at once in all workers, as they were created.
    package init(_ workers: [Worker], concurrency: Int, logger: Logger) {
        precondition(!workers.isEmpty, "a pool has workers")
        (self.workers, self.concurrency, self.logger) = (workers, concurrency, logger)
    }

    /// Runs the workers until `shutdown`, except while they are paused.
    ///
    /// Throws what a worker throws that cannot start; after a pause it is tried again.
    package func run(until shutdown: GracefulShutdown, ready: Readiness) async throws {
        let ending = Task {
            await shutdown.wait()
            if shutdown.isTriggered { await end() }
        }
        defer { ending.cancel() }
        var failures = 0
        while !isEnding, !Task.isCancelled {
            if isPaused {
                phase = .paused
                logger.notice("paused")
                await resumed.wait()
                continue
            }
            do {
                try await runOnce(ready)
                failures = 0
            } catch {
                guard ready.isReported else { throw error }
                failures += 1
                logger.error("the workers could not start again", ["error": "\(error)"])
                _ = await shutdown.sleep(for: Backoff.standard.delay(after: failures))
            }
        }
    }

    private func runOnce(_ ready: Readiness) async throws {
        let stop = GracefulShutdown()
        self.stop = stop
        defer { self.stop = nil }
        // Paused or ended while the last run came to its end.
        if isPaused || isEnding { return }
        try await withThrowingTaskGroup(of: Void.self) { group in
            var readied: [Readiness] = []
            for worker in workers {
                let itsReady = Readiness()
                readied.append(itsReady)
                group.addTask {
                    do { try await worker.run(until: stop, ready: itsReady) } catch {
                        stop.trigger()
                        throw error
                    }
                }
            }
            let all = readied
            let watching = Task {
                for one in all { await one.wait() }
                if !Task.isCancelled { begun(ready) }
            }
            defer { watching.cancel() }
            try await group.waitForAll()
        }
    }

    private func begun(_ ready: Readiness) {
        ready.report()
        guard !isPaused, !isEnding else { return }
        if phase == .paused { logger.notice("resumed") }
        phase = .running
    }

    /// Takes no more jobs, and finishes those that were taken.
    package func pause() async {
        guard !isPaused, !isEnding else { return }
        isPaused = true
        resumed = OneWaySwitch()
        phase = .pausing
        for worker in workers { await worker.finishClaimedJobs(true) }
        stop?.trigger()
    }

    /// Takes jobs again.
    package func resume() {
        guard isPaused else { return }
        isPaused = false
        if phase == .pausing { phase = .running }
        resumed.turnOn()
    }

    /// Changes how many checks may run at once: at least one in each worker.
    package func resize(_ number: Int) async {
        concurrency = max(number, workers.count)
        for (index, worker) in workers.enumerated() {
            let share = concurrency / workers.count + (index < concurrency % workers.count ? 1 : 0)
            await worker.resize(maximumRunning: share)
        }
    }

    /// What all workers do now, and have done since their start.
    package var load: WorkerCounts {
        get async {
            var sum = WorkerCounts()
            for worker in workers { sum = sum + (await worker.load) }
            return sum
        }
    }

    private func end() async {
        isEnding = true
        resumed.turnOn()
        // Waits for nothing that others can do.
        for worker in workers { await worker.finishClaimedJobs(false) }
        stop?.trigger()
    }
}
