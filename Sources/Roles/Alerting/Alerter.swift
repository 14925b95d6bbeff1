import Messages
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
    private let maintenance: MaintenanceClock<C>?
    private let canaries: CanaryWatch<C>?
    private let wake: @Sendable ([IncidentChange]) -> Void
    private let publish: @Sendable (LiveBatch) -> Void

    private var states = MonitorStates()
    /// Deleted while everything is being read, so that a page read earlier does not bring them back.
    private var deleted: Set<MonitorID>? = []
    /// What is in maintenance now.
    private var maintained: Set<MonitorID> = []
    private var connectivity = ConnectivityWatch()
    private var certificates = CertificateWatch()
    private let lock = AsyncLock()
    /// Whether something could not be written when the program stopped: nothing is acknowledged after that.
    private var hasGivenUp = false
    private let follower: MonitorFollower<C>?
    private static var pageSize: Int { 2000 }

    package init(
        broker: any Broker,
        statuses: StatusRepository,
        writer: OutageWriter,
        metrics: AlertingMetrics,
        logger: Logger,
        clock: C,
        now: @escaping @Sendable () -> Timestamp = { .now },
        topic: Topic<CheckResult> = Topics.results,
        maintenance: MaintenanceClock<C>? = nil,
        canaries: CanaryWatch<C>? = nil,
        monitors: MonitorRepository? = nil,
        wake: @escaping @Sendable ([IncidentChange]) -> Void = { _ in },
        publish: @escaping @Sendable (LiveBatch) -> Void = { _ in }
    ) {
        (self.broker, self.statuses, self.writer, self.metrics) = (broker, statuses, writer, metrics)
        (self.logger, self.clock, self.now, self.topic) = (logger, clock, now, topic)
        (self.maintenance, self.canaries) = (maintenance, canaries)
        (self.wake, self.publish) = (wake, publish)
        follower = monitors.map { MonitorFollower(monitors: $0, clock: clock) }
    }

    /// Judges results until `shutdown`.
    ///
    /// Throws `BrokerError` when the topic cannot be consumed.
    package func run(until shutdown: GracefulShutdown) async throws {
        let results = try await broker.consume(topic, group: "alerter", redelivery: .seconds(300))
        let events = await broker.listen(Topics.monitorEvents)
        await withTaskGroup(of: Void.self) { group in
            // Nothing is judged before it is known what is in maintenance.
            let beginning = Task { await begin() }
            group.addTask {
                await beginning.value
                for await event in events { await self.apply(event) }
            }
            group.addTask {
                await beginning.value
                await self.restore()
                await self.confirmRestored()
            }
            if let follower {
                group.addTask {
                    await beginning.value
                    await follower.run { await self.apply($0) }
                }
            }
            if let maintenance {
                group.addTask {
                    await beginning.value
                    await maintenance.run { await self.maintain($0) }
                }
            }
            if let canaries {
                group.addTask {
                    await beginning.value
                    await canaries.run { await self.apply(canaries: $0, lost: $1) }
                }
            }
            let consuming = Task {
                await beginning.value
                await consume(results)
            }
            await shutdown.wait()
            beginning.cancel()
            consuming.cancel()
            await consuming.value
            group.cancelAll()
        }
        await results.cancel()
    }

    /// What is known of a monitor; nil before anything is.
    package func entry(_ id: MonitorID) -> MonitorStates.Entry? { states[id] }

    /// Returns once everything that came before is done with.
    package func settle() async { await lock.withLock {} }

    // MARK: Input

    private func begin() async {
        await follower?.begin()
        maintained = await maintenance?.prepare() ?? []
        let writer = writer
        certificates =
            await retrying { () async throws(StorageError) in try await writer.certificates() } ?? certificates
        let isLost = await retrying { () async throws(StorageError) in try await writer.isConnectivityLost() }
        states.isDoubted = isLost ?? false
        connectivity = ConnectivityWatch(isDoubting: states.isDoubted)
        publish(LiveBatch(await store { () async throws(SQLError) in try await writer.forgetDeleted(at: now()) } ?? []))
    }

    private func consume(_ results: any Subscription<CheckResult>) async {
        while true {
            let deliveries = await results.receive(upTo: 1000)
            if deliveries.isEmpty { return }
            // What could not be judged is not done with: it is handed out again.
            guard await lock.withLock({ await judge(deliveries.messages) }) else { continue }
            do throws(BrokerError) { try await results.acknowledge(deliveries.ids) } catch {
                // They come again, and change nothing then.
                metrics.failures.increment()
            }
        }
    }

    /// False when what is stored of the monitors cannot be read, or what follows not be written, as the program stops.
    private func judge(_ batch: [CheckResult]) async -> Bool {
        guard await load(batch.map(\.monitorID)) else { return false }
        if let change = connectivity.observe(batch, wasUp: { isUp($0) }) { await apply(change) }
        var changes: [VerdictChange] = []
        let time = now()
        for result in batch {
            states.turnBack(result.monitorID, for: result.scheduledAt, at: time)
            let change = states.apply(.checked(CheckSummary(result)), to: result.monitorID, at: result.checkedAt)
            let isNews = states.isNews(result)
            guard var change = change ?? (isNews ? states.snapshot(of: result.monitorID, at: result.checkedAt) : nil)
            else { continue }
            change.result = result
            changes.append(change)
        }
        counts.set(states)
        await confirm(changes)
        let incidents = await write(changes)
        publish(LiveBatch(results: batch, states: changes.compactMap(\.live), incidents: incidents.map(\.live)))
        var notices = certificates.sweep(at: now())
        for result in batch where states[result.monitorID] != nil { notices += certificates.see(result) }
        await write(notices)
        return !hasGivenUp
    }

    private func isUp(_ id: MonitorID) -> Bool {
        let state = states[id]?.verdict.state
        return state == .up || state == .degraded
    }

    private func apply(canaries count: Int, lost: Int) async {
        await lock.withLock {
            if let change = connectivity.observe(canaries: count, lost: lost) { await apply(change) }
        }
    }

    private func apply(_ change: ConnectivityGuard.Change) async {
        let isLost = change == .doubted
        states.isDoubted = isLost
        let changes = await store { () async throws(SQLError) in
            try await writer.write(connectivityIsLost: isLost, connectivity.words, at: now())
        }
        publish(LiveBatch(changes ?? []))
        guard !isLost else { return }
        // What is still taken for down opens its incident with its next check, which need not wait for its slot.
        await wantChecks(of: states.held)
    }

    /// Asks again for the checks that the last process has asked for: with it went who would have made them.
    private func confirmRestored() async {
        guard !states.unsettled.isEmpty else { return }
        // Who makes checks has to know the monitors first.
        try? await clock.sleep(for: .seconds(5))
        if !Task.isCancelled { await wantChecks(of: states.unsettled) }
    }

    private func wantChecks(of ids: [MonitorID]) async {
        for (place, id) in ids.enumerated() {
            let delay = Duration.milliseconds(min(30_000, place * 5))
            await broker.broadcast(Confirmation(monitorID: id, at: now() + delay), on: Topics.confirmations)
        }
    }

    private func apply(_ event: MonitorEvent) async {
        await lock.withLock {
            guard follower?.admits(event) ?? true else { return }
            switch event {
            case .deleted(let id):
                deleted?.insert(id)
                states.remove(id)
                maintained.remove(id)
                let ended = await store { () async throws(SQLError) in try await writer.forget(id, at: now()) }
                publish(LiveBatch(ended ?? []))
                await write(certificates.forget(id))
            case .changed(let monitor):
                guard await load([monitor.id]) else { return }
                states.set(monitor.alerting, of: monitor.id)
                await tell(pausing(monitor.id, !monitor.isActive))
            }
            counts.set(states)
        }
    }

    /// Takes monitors into maintenance and out of it, a transaction for each thousand.
    private func maintain(_ change: MaintenanceChange) async {
        for part in change.parts(of: 1000) {
            await lock.withLock {
                maintained.formUnion(part.began)
                maintained.subtract(part.ended)
                guard await load(part.began + part.ended) else { return }
                let began = part.began.compactMap { states.apply(.maintenanceBegan, to: $0, at: now()) }
                let ended = part.ended.compactMap { states.apply(.maintenanceEnded, to: $0, at: now()) }
                counts.set(states)
                await tell(began + ended)
            }
        }
    }

    private func pausing(_ id: MonitorID, _ isPaused: Bool) -> [VerdictChange] {
        states.apply(isPaused ? .paused : .resumed, to: id, at: now()).map { [$0] } ?? []
    }

    /// Asks for the next checks of what is not certain yet.
    private func confirm(_ changes: [VerdictChange]) async {
        for change in changes where change.actions.contains(.confirm) {
            guard let due = change.result?.scheduledAt, let interval = states.alerting(of: change.id).rule.retryInterval
            else { continue }
            let confirmation = Confirmation(monitorID: change.id, at: max(due + interval, now()))
            await broker.broadcast(confirmation, on: Topics.confirmations)
        }
        await lookForCauses(of: changes)
    }

    /// Has checked at once what a monitor that fails depends on: what explains it should be seen before it is told.
    private func lookForCauses(of changes: [VerdictChange]) async {
        var wanted: Set<MonitorID> = []
        for change in changes where change.result?.outcome.isSuccess == false && change.before != .down {
            wanted.formUnion(states.alerting(of: change.id).dependsOn)
        }
        for id in wanted.sorted() where states[id].map({ $0.verdict.state != .down }) ?? true {
            await broker.broadcast(Confirmation(monitorID: id, at: now()), on: Topics.confirmations)
        }
    }

    // MARK: Store

    /// Sees to it that what is stored of monitors is known; false when that cannot be read and the program stops.
    private func load(_ ids: [MonitorID]) async -> Bool {
        let missing = Set(ids.filter { states[$0] == nil })
        guard !missing.isEmpty else { return true }
        let found = await retrying { () async throws(StorageError) in
            try await statuses.verdicts(of: missing.sorted())
        }
        guard let found else { return false }
        await take(found)
        return true
    }

    private func take(_ verdicts: [StoredVerdict]) async {
        var changes: [VerdictChange] = []
        for verdict in verdicts {
            let id = verdict.status.monitorID
            guard states[id] == nil else { continue }
            if let fault = verdict.fault {
                logger.error(
                    "what is stored of a monitor cannot be read; starting anew",
                    ["monitor": "\(id)", "error": "\(fault)"]
                )
            }
            do throws(MonitorVerdict.Unreadable) {
                try states.restore(verdict)
            } catch {
                logger.error(
                    "a stored verdict cannot be read; starting anew",
                    ["monitor": "\(id)", "error": "\(error)"]
                )
                var plain = verdict
                plain.status.verdict = nil
                try? states.restore(plain)
            }
            // Paused or resumed while nobody looked.
            if (verdict.status.state == .paused) == verdict.isActive { changes += pausing(id, !verdict.isActive) }
            // Maintenance is not stored: it may have ended meanwhile.
            if maintained.contains(id) {
                changes += states.apply(.maintenanceBegan, to: id, at: now()).map { [$0] } ?? []
            } else if verdict.status.state == .maintenance {
                changes += states.apply(.maintenanceEnded, to: id, at: now()).map { [$0] } ?? []
            }
        }
        await tell(changes)
    }

    /// Takes up every monitor, page by page, beside everything else.
    private func restore() async {
        var after: MonitorID?
        while !Task.isCancelled {
            let page = await retrying { () async throws(StorageError) in
                try await statuses.verdicts(after: after, limit: Self.pageSize)
            }
            guard let page, let last = page.last else { break }
            await lock.withLock {
                await take(page.filter { deleted?.contains($0.status.monitorID) != true })
                counts.set(states)
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
        if let incidents { return incidents }
        // What can never be stored must not take the others with it.
        guard changes.count > 1 else { return [] }
        let middle = changes.count / 2
        let first = await write(Array(changes[..<middle]))
        return first + (await write(Array(changes[middle...])))
    }

    private func write(_ notices: [CertificateWatch.Event]) async {
        guard !notices.isEmpty else { return }
        let incidents = await store { () async throws(SQLError) in try await writer.write(notices, at: now()) }
        publish(LiveBatch(incidents ?? []))
    }

    /// Writes, trying until it works or the program stops; nil for what can never be written, which is said.
    private func store(_ body: () async throws(SQLError) -> [IncidentChange]) async -> [IncidentChange]? {
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
                if !error.isTransient { return nil }
                if Task.isCancelled, attempt > 3 {
                    hasGivenUp = true
                    return []
                }
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
