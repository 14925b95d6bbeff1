import Messages
package import Pipeline
import Base
package import Broker
package import Domain
package import Runtime
import SQL
import Storage
package import Results

/// Stores results in batches, and sets the state of requested checks.
///
/// While the store fails it tries again, and the results wait in their topic, which is bounded and drops the oldest.
package actor Processor<C: Clock>: Service where C.Duration == Duration {
    package nonisolated let name = "processor"
    private let broker: any Broker
    private let repository: any ResultStore
    private let tasks: any TaskStore
    private let cache: (any StatusCache)?
    private let reporter: StoreReporter
    private let metrics: PipelineMetrics
    private let clock: C
    private let flushInterval: Duration
    private let flushSize: Int
    private let topic: Topic<CheckResult>
    private let drainLimit: Duration?
    /// When what is left is left for others.
    private var endsAt: C.Instant?
    /// Why results were given up as the program stops.
    private var lastError = SQLError.unavailable("the program stops")

    /// `cache` is told what is stored; nil where nobody reads one.
    ///
    /// `drainLimit` is how long the processor goes on after the shutdown where a broker keeps the rest for others; nil
    /// where the rest is lost with the process, and everything is stored.
    ///
    /// `flushInterval` is the pause after a batch that was not full: zero where results come in batches anyway.
    package init(
        broker: any Broker,
        repository: any ResultStore,
        tasks: any TaskStore,
        cache: (any StatusCache)? = nil,
        reporter: StoreReporter,
        metrics: PipelineMetrics,
        clock: C = ContinuousClock(),
        flushInterval: Duration = .milliseconds(50),
        flushSize: Int = 1000,
        topic: Topic<CheckResult> = Topics.results,
        drainLimit: Duration? = nil
    ) {
        (self.broker, self.repository, self.tasks, self.cache) = (broker, repository, tasks, cache)
        (self.reporter, self.metrics, self.clock) = (reporter, metrics, clock)
        (self.flushInterval, self.flushSize) = (flushInterval, flushSize)
        (self.topic, self.drainLimit) = (topic, drainLimit)
    }

    /// Stores results until `shutdown`, including those that have arrived by then, as far as there is time for them.
    ///
    /// Throws `BrokerError` when the topic cannot be consumed; later errors of the broker are counted and the messages
    /// come again.
    package func run(until shutdown: GracefulShutdown, ready: Readiness) async throws {
        let results = try await broker.consume(topic, group: "processor", redelivery: .seconds(300))
        ready.report()
        let consuming = Task { await self.consume(results) }
        await shutdown.wait()
        // A cancelled consumer does not wait for more: it stores what has arrived and ends.
        consuming.cancel()
        if let drainLimit { endsAt = clock.now.advanced(by: drainLimit) }
        await withTaskCancellationHandler {
            await consuming.value
        } onCancel: {
            Task { await self.hurry() }
        }
        await results.cancel()
    }

    private func hurry() { endsAt = clock.now }

    private var isOverdue: Bool { endsAt.map { $0 <= clock.now } ?? false }

    private func consume(_ results: any Subscription<CheckResult>) async {
        while true {
            if isOverdue { return await giveUp(0, results) }
            let deliveries = await results.receive(upTo: flushSize)
            if deliveries.isEmpty { return }
            // Results that were given up because the program stops are not acknowledged: a broker that outlives this
            // process delivers them to the next one.
            guard await process(deliveries.messages) else { return await giveUp(deliveries.count, results) }
            do throws(BrokerError) { try await results.acknowledge(deliveries.ids) } catch {
                // They are delivered again, and are stored already.
                metrics.unacknowledged.increment(by: deliveries.count)
            }
            // A batch that was not full waits for more results: one transaction per interval, however slow they come.
            if flushInterval > .zero, deliveries.count < flushSize { try? await clock.sleep(for: flushInterval) }
        }
    }

    /// Reports the results of a batch that was given up as the program stops, and those behind it, as lost if they are.
    private func giveUp(_ count: Int, _ results: any Subscription<CheckResult>) async {
        guard drainLimit == nil else {
            // The broker delivers them to the next processor.
            return reporter.left(count, lastError)
        }
        var count = count
        // The task is cancelled, so this does not wait for more.
        while case let waiting = await results.receive(upTo: 10_000), !waiting.isEmpty { count += waiting.count }
        if count > 0 { reporter.gaveUp(count, lastError) }
    }

    /// False when the program stops and the batch could not be stored.
    private func process(_ batch: [CheckResult]) async -> Bool {
        guard let stored = await store(batch) else { return false }
        observe(stored)
        // Before they are acknowledged: whoever gets them again, because this process was killed, notes them again.
        await cache?.note(stored)
        for result in stored {
            guard let task = result.taskID else { continue }
            await tasks.update(task, .finished(result))
        }
        return true
    }

    private func observe(_ stored: [CheckResult]) {
        guard !stored.isEmpty else { return }
        let failed = stored.filter { !$0.outcome.isSuccess }
        metrics.checksUp.increment(by: stored.count - failed.count)
        metrics.checksDown.increment(by: failed.count)
        metrics.latency.observe(stored.map(\.outcome.latency.inSeconds))
        metrics.batchSize.observe(Double(stored.count))
        for result in failed {
            if let failure = result.outcome.failure { metrics.failures(failure.reason).increment() }
        }
    }

    // MARK: Storing

    /// Stores a batch, trying until it works; returns the stored results.
    ///
    /// Only results that can never be stored are given up, one by one. nil when the program stops while the store
    /// fails.
    private func store(_ batch: [CheckResult]) async -> [CheckResult]? {
        var attempt = 0
        while true {
            let start = MonotonicTime.now
            do throws(SQLError) {
                _ = try await repository.append(batch)
                metrics.appendTime.observe((MonotonicTime.now - start).inSeconds)
                reporter.succeeded()
                return batch
            } catch {
                reporter.failed(error)
                if !error.isTransient { return await divide(batch, error) }
                attempt += 1
                if Task.isCancelled, attempt > 3 || isOverdue {
                    lastError = error
                    return nil
                }
                try? await clock.sleep(for: Backoff.standard.delay(after: attempt))
            }
        }
    }

    /// Finds the result that cannot be stored by dividing the batch in halves.
    private func divide(_ batch: [CheckResult], _ error: SQLError) async -> [CheckResult]? {
        guard batch.count > 1 else {
            reporter.gaveUp(batch.count, error)
            return []
        }
        let middle = batch.count / 2
        var stored: [CheckResult] = []
        for half in [Array(batch[..<middle]), Array(batch[middle...])] {
            guard let part = await store(half) else { return nil }
            stored += part
        }
        return stored
    }
}
