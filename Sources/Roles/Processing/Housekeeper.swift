package import Pipeline
package import Base
package import Domain
package import Runtime
import SQL
package import Storage
package import Results

/// Removes results that are too old and the data of deleted monitors, in small steps.
package actor Housekeeper<C: Clock>: Service where C.Duration == Duration {
    package nonisolated let name = "housekeeper"
    private let results: any ResultStore
    private let monitors: MonitorRepository
    private let retention: Duration
    private let clock: C
    private let now: @Sendable () -> Timestamp
    private let metrics: PipelineMetrics
    private let logger: Logger
    private let pause: Duration
    private let round: Duration
    private let forget: @Sendable (MonitorID) async -> Void

    /// `retention` is how long raw results are kept, `pause` the time between two steps, `round` between two passes.
    ///
    /// `forget` removes what is kept of a deleted monitor elsewhere.
    package init(
        results: any ResultStore,
        monitors: MonitorRepository,
        retention: Duration,
        metrics: PipelineMetrics,
        logger: Logger,
        clock: C = ContinuousClock(),
        now: @escaping @Sendable () -> Timestamp = { .now },
        pause: Duration = .milliseconds(50),
        round: Duration = .seconds(60),
        forget: @escaping @Sendable (MonitorID) async -> Void = { _ in }
    ) {
        (self.results, self.monitors, self.retention) = (results, monitors, retention)
        (self.metrics, self.logger, self.clock, self.now) = (metrics, logger, clock, now)
        (self.pause, self.round, self.forget) = (pause, round, forget)
    }

    package func run(until shutdown: GracefulShutdown, ready: Readiness) async throws {
        ready.report()
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.tidyForEver() }
            group.addTask { await self.maintainForEver() }
            await shutdown.wait()
            group.cancelAll()
        }
    }

    private func tidyForEver() async {
        while !Task.isCancelled {
            await tidy()
            try? await clock.sleep(for: round)
        }
    }

    /// Has the store do what keeps it fast.
    private func maintainForEver() async {
        while !Task.isCancelled {
            try? await clock.sleep(for: round / 12)
            guard !Task.isCancelled else { return }
            do {
                _ = try await results.maintain(everything: false)
            } catch {
                logger.warning("stored results could not be tidied; trying again", ["error": "\(error)"])
            }
        }
    }

    /// One pass over all tables; ends early when the store fails, and begins again with the next pass.
    private func tidy() async {
        do {
            while !Task.isCancelled, let id = try await monitors.deleted() {
                if try await !results.deleteAll(of: id, limit: 2000) {
                    await forget(id)
                    try await monitors.purged(id)
                }
                try await clock.sleep(for: pause)
            }
            try await monitors.forgetDeletions(now: now())
            var after: MonitorID?
            while !Task.isCancelled {
                let step = try await results.deleteBefore(now() - retention, after: after, limit: 2000)
                metrics.expired.increment(by: step.deleted)
                guard let next = step.next else { return }
                after = next
                try await clock.sleep(for: pause)
            }
        } catch is CancellationError {
            return
        } catch {
            logger.warning("old results could not be removed; trying again", ["error": "\(error)"])
        }
    }
}
