package import Base
package import Broker
package import Domain
package import Live
import Pipeline
package import Runtime
import SQL
package import Storage

/// Decides from results what monitors are, and writes down what follows: states, incidents, notifications.
///
/// Reads the same results as the processor, in a group of its own. A result not newer than the last one applied changes
/// nothing, and what is written follows from it alone: a message that is delivered twice has no second effect.
package actor Alerter<C: Clock>: Service where C.Duration == Duration {
    package nonisolated let name = "alerter"
    package nonisolated let counts = MonitorCounts()
    private let broker: any Broker
    private let statuses: StatusRepository
    private let writer: OutageWriter
    private let metrics: AlertingMetrics
    private let logger: Logger
    private let clock: C
    private let now: @Sendable () -> Timestamp
    private let topic: Topic<CheckResult>
    private let wake: @Sendable ([IncidentChange]) -> Void
    private let publish: @Sendable (LiveBatch) -> Void

    private var book = VerdictBook()
    /// Deleted while everything is being read, so that a page read earlier does not bring them back.
    private var deleted: Set<MonitorID>? = []
    private let turn = Turn()
    private static var pageSize: Int { 2000 }

    package init(
        broker: any Broker,
        statuses: StatusRepository,
        writer: OutageWriter,
        metrics: AlertingMetrics,
        logger: Logger,
        clock: C = ContinuousClock(),
        now: @escaping @Sendable () -> Timestamp = { .now },
        topic: Topic<CheckResult> = Topics.results,
        wake: @escaping @Sendable ([IncidentChange]) -> Void = { _ in },
        publish: @escaping @Sendable (LiveBatch) -> Void = { _ in }
    ) {
        (self.broker, self.statuses, self.writer, self.metrics) = (broker, statuses, writer, metrics)
        (self.logger, self.clock, self.now, self.topic) = (logger, clock, now, topic)
        (self.wake, self.publish) = (wake, publish)
    }

    package func run(until shutdown: GracefulShutdown) async throws {
        let results = try await broker.consume(topic, group: "alerter", redelivery: .seconds(300))
        let events = await broker.listen(Topics.monitorEvents)
        await withTaskGroup(of: Void.self) { group in
            group.addTask { for await event in events { await self.apply(event) } }
            group.addTask { await self.restore() }
            let consuming = Task { await self.consume(results) }
            await shutdown.wait()
            consuming.cancel()
            await consuming.value
            group.cancelAll()
        }
        await results.cancel()
    }

    /// What is known of a monitor; nil before anything is.
    package func entry(_ id: MonitorID) -> VerdictBook.Entry? { book[id] }

    /// Returns once everything that came before is done with.
    package func settle() async { await turn.take {} }

    // MARK: Input

    private func consume(_ results: any Subscription<CheckResult>) async {
        while true {
            let deliveries = await results.receive(upTo: 1000)
            if deliveries.isEmpty { return }
            await turn.take { await judge(deliveries.messages) }
            await results.acknowledge(deliveries.ids)
        }
    }

    private func judge(_ batch: [CheckResult]) async {
        guard await load(batch.map(\.monitorID)) else { return }
        var changes: [VerdictChange] = []
        for result in batch {
            guard var change = book.apply(.checked(CheckSummary(result)), to: result.monitorID, at: result.checkedAt)
            else { continue }
            change.result = result
            changes.append(change)
        }
        counts.set(book)
        await confirm(changes)
        let incidents = await write(changes)
        publish(LiveBatch(results: batch, states: changes.compactMap(\.live), incidents: incidents.map(\.live)))
    }

    private func apply(_ event: MonitorEvent) async {
        await turn.take {
            switch event {
            case .deleted(let id):
                deleted?.insert(id)
                book.remove(id)
                let ended = await store { () async throws(SQLError) in try await writer.forget(id, at: now()) }
                publish(LiveBatch(incidents: ended.map(\.live)))
            case .changed(let monitor):
                guard await load([monitor.id]) else { return }
                book.set(monitor.alerting, of: monitor.id)
                await tell(pausing(monitor.id, !monitor.isActive))
            }
            counts.set(book)
        }
    }

    private func pausing(_ id: MonitorID, _ isPaused: Bool) -> [VerdictChange] {
        book.apply(isPaused ? .paused : .resumed, to: id, at: now()).map { [$0] } ?? []
    }

    /// Asks for the next checks of what is not certain yet.
    private func confirm(_ changes: [VerdictChange]) async {
        for change in changes where change.actions.contains(.confirm) {
            guard let due = change.result?.scheduledAt, let interval = book.alerting(of: change.id).rule.retryInterval
            else { continue }
            let confirmation = Confirmation(monitorID: change.id, at: max(due + interval, now()))
            await broker.broadcast(confirmation, on: Topics.confirmations)
        }
    }

    // MARK: Store

    /// Sees to it that what is stored of monitors is known; false when that cannot be read and the program stops.
    private func load(_ ids: [MonitorID]) async -> Bool {
        let missing = Set(ids.filter { book[$0] == nil })
        guard !missing.isEmpty else { return true }
        let found = await retrying { () async throws(StorageError) in
            try await statuses.standings(of: missing.sorted())
        }
        guard let found else { return false }
        await take(found)
        return true
    }

    private func take(_ standings: [StoredVerdict]) async {
        var changes: [VerdictChange] = []
        for standing in standings {
            let id = standing.status.monitorID
            guard book[id] == nil else { continue }
            do throws(MonitorVerdict.Unreadable) {
                try book.restore(standing)
            } catch {
                logger.error(
                    "a stored verdict cannot be read; starting anew",
                    ["monitor": "\(id)", "error": "\(error)"]
                )
                var plain = standing
                plain.status.verdict = nil
                try? book.restore(plain)
            }
            // Paused or resumed while nobody looked.
            if (standing.status.state == .paused) == standing.isActive { changes += pausing(id, !standing.isActive) }
        }
        await tell(changes)
    }

    /// Takes up every monitor, page by page, beside everything else.
    private func restore() async {
        var after: MonitorID?
        while !Task.isCancelled {
            let page = await retrying { () async throws(StorageError) in
                try await statuses.standings(after: after, limit: Self.pageSize)
            }
            guard let page, let last = page.last else { break }
            await turn.take {
                await take(page.filter { deleted?.contains($0.status.monitorID) != true })
                counts.set(book)
            }
            after = last.status.monitorID
        }
        deleted = nil
    }

    /// Writes what no result brought about, and publishes it.
    private func tell(_ changes: [VerdictChange]) async {
        let incidents = await write(changes)
        publish(LiveBatch(states: changes.compactMap(\.live), incidents: incidents.map(\.live)))
    }

    private func write(_ changes: [VerdictChange]) async -> [IncidentChange] {
        guard !changes.isEmpty else { return [] }
        let start = MonotonicTime.now
        let incidents = await store { () async throws(SQLError) in try await writer.write(changes) }
        metrics.writeTime.observe((MonotonicTime.now - start).inSeconds)
        return incidents
    }

    /// Writes, trying until it works; what can never be written is given up and said.
    private func store(_ body: () async throws(SQLError) -> [IncidentChange]) async -> [IncidentChange] {
        var attempt = 0
        while true {
            do throws(SQLError) {
                let incidents = try await body()
                metrics.count(incidents)
                if !incidents.isEmpty { wake(incidents) }
                return incidents
            } catch {
                attempt += 1
                metrics.failures.increment()
                if attempt == 1 { logger.error("verdicts cannot be stored", ["error": "\(error)"]) }
                if !error.isTransient || Task.isCancelled && attempt > 3 { return [] }
                try? await clock.sleep(for: .milliseconds(min(5000, 100 << min(attempt - 1, 6))))
            }
        }
    }

    private func retrying<R>(_ body: () async throws(StorageError) -> R) async -> R? {
        var attempt = 0
        while true {
            do throws(StorageError) {
                return try await body()
            } catch {
                attempt += 1
                metrics.failures.increment()
                if attempt == 1 { logger.error("stored verdicts cannot be read", ["error": "\(error)"]) }
                if !error.isTransient || Task.isCancelled && attempt > 3 { return nil }
                try? await clock.sleep(for: .milliseconds(min(5000, 100 << min(attempt - 1, 6))))
            }
        }
    }
}
