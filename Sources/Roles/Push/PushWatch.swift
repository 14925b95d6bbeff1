package import Base
package import Broker
package import Domain
import Messages
import SQL
import PushCheck
package import Runtime
package import Storage
package import ZoneInfo
package import Results

/// Receives the pings of push monitors, and reports the missing ones.
///
/// Knows every active push monitor. A ping becomes a result, which is stored before the ping is answered; a deadline
/// that passes without one becomes a failed result whose identity is the deadline. Runs that have started and not ended
/// are forgotten when the process ends.
package actor PushWatch<C: Clock>: Service, PushReceiver where C.Duration == Duration {
    package nonisolated let name = "push"
    private let broker: any Broker
    private let monitors: MonitorRepository
    private let statuses: StatusRepository
    private let results: any ResultStore
    private let journal: PushJournal
    private let zones: ZoneFiles
    private let logger: Logger
    private let clock: C
    private let now: @Sendable () -> Timestamp
    private let region: RegionID

    private var states = PushStates()
    private var deadlines: PushDeadlines
    /// Monitors whose failure has to be confirmed by a further result, and when.
    private var confirmations: [MonitorID: Timestamp] = [:]
    private let follower: MonitorFollower<C>
    /// Whether all stored monitors were read.
    package private(set) var isLoaded = false
    private let refreshing = AsyncLock()
    private var refreshedAt: Timestamp
    private var tickedAt: Timestamp
    /// Missing pings that could not be looked up yet.
    private var unconfirmed: [PushDeadlines.Missing] = []
    /// Whether other processes receive pings too.
    private let isShared: Bool

    package init(
        broker: any Broker,
        monitors: MonitorRepository,
        statuses: StatusRepository,
        results: any ResultStore,
        zones: ZoneFiles,
        logger: Logger,
        clock: C = ContinuousClock(),
        now: @escaping @Sendable () -> Timestamp = { .now },
        topic: Topic<CheckResult> = Topics.results,
        region: RegionID = .local,
        isShared: Bool = false
    ) {
        (self.broker, self.monitors, self.statuses, self.isShared) = (broker, monitors, statuses, isShared)
        (self.results, self.zones) = (results, zones)
        (self.logger, self.clock, self.now, self.region) = (logger, clock, now, region)
        journal = PushJournal(results, broker, topic, logger: logger)
        follower = MonitorFollower(monitors: monitors, clock: clock)
        let start = now()
        deadlines = PushDeadlines(now: start)
        refreshedAt = start
        tickedAt = start
    }

    /// How many monitors wait for pings.
    package var monitorCount: Int { states.count }

    /// How many failures have to be confirmed.
    var wantedCount: Int { confirmations.count }

    package func run(until shutdown: GracefulShutdown, ready: Readiness) async throws {
        let events = await broker.listen(Topics.monitorEvents)
        let wanted = await broker.listen(Topics.confirmations)
        ready.report()
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                for await event in events {
                    switch event {
                    case .message(let event): await self.apply(event)
                    case .missed: await self.catchUp()
                    }
                }
            }
            group.addTask {
                for await case .message(let confirmation) in wanted { await self.note(confirmation) }
            }
            group.addTask {
                await self.follower.begin()
                await self.load()
                await self.tickForEver()
            }
            await shutdown.wait()
            group.cancelAll()
        }
        await journal.finish()
    }

    // MARK: Monitors

    /// Reads every active monitor, and of each push monitor the newest result; tries again until the store answers.
    private func load() async {
        var after: MonitorID?
        var attempt = 0
        while !Task.isCancelled {
            do {
                let page = try await monitors.active(after: after, limit: 1000)
                guard let next = page.next else { break }
                let pushed = page.monitors.filter { $0.spec.settings(of: PushKind.self) != nil }
                let newest = pushed.isEmpty ? [:] : try await results.latest(for: pushed.map(\.id))
                let unapplied = try await unapplied(newest)
                for monitor in pushed where follower.isCurrent(monitor) {
                    set(monitor, newest: newest[monitor.id], since: monitor.createdAt)
                }
                await journal.publish(unapplied)
                after = next
            } catch {
                attempt += 1
                if attempt == 1 {
                    logger.error("the push monitors cannot be read; trying again", ["error": "\(error)"])
                }
                try? await clock.sleep(for: Backoff.standard.delay(after: attempt))
            }
        }
        isLoaded = !Task.isCancelled
        logger.info("waiting for pings", ["monitors": "\(states.count)"])
    }

    /// The newest results that may not have reached the alerter before the last process ended.
    ///
    /// No other result would follow soon, so they are published again; a repeated one changes nothing.
    ///
    /// Throws `.database` when the states cannot be read.
    private func unapplied(_ newest: [MonitorID: CheckResult]) async throws(StorageError) -> [CheckResult] {
        guard !newest.isEmpty else { return [] }
        return try await statuses.verdicts(of: newest.keys.sorted()).compactMap { verdict in
            let status = verdict.status
            guard let result = newest[status.monitorID], result.scheduledAt > status.scheduledAt else { return nil }
            let isUp = status.state == .up || status.state == .degraded
            return isUp && result.outcome.isSuccess ? nil : result
        }
    }

    /// Reads changes from the store whose broadcasts were missed.
    private func catchUp() async {
        // A change that cannot be read now is read in the follower's next round.
        try? await follower.refresh { self.apply($0) }
    }

    private func apply(_ event: MonitorEvent) {
        guard follower.admits(event) else { return }
        switch event {
        case .deleted(let id): remove(id)
        case .changed(let monitor) where !monitor.isActive: remove(monitor.id)
        case .changed(let monitor):
            // A monitor that was resumed waits for pings from then on.
            set(monitor, newest: nil, since: monitor.updatedAt)
        }
    }

    private func set(_ monitor: Monitor, newest: CheckResult?, since: Timestamp) {
        guard let settings = monitor.spec.settings(of: PushKind.self), let token = settings.token else { return }
        let time = now()
        var watched =
            states[monitor.id]
            ?? PushStates.Watched(
                id: monitor.id,
                revision: -1,
                token: token,
                target: monitor.spec.shownTarget,
                takesPostAlone: false,
                allowance: PushAllowance(now: time),
                newest: newest?.scheduledAt,
                failure: newest.flatMap { $0.outcome.isSuccess ? nil : $0.outcome }
            )
        guard watched.revision < monitor.revision else { return }
        watched.revision = monitor.revision
        watched.token = token
        watched.target = monitor.spec.shownTarget
        watched.takesPostAlone = settings.options.methods == .post
        states[monitor.id] = watched
        deadlines.set(
            monitor.id,
            schedule(settings, of: monitor),
            since: since,
            history: newest.map { PushDeadlines.History($0) },
            now: time
        )
    }

    /// The schedule in the time zone of the settings, or in UTC when the zone's file is missing.
    private func schedule(_ settings: PushSettings, of monitor: Monitor) -> PushSchedule {
        do throws(ZoneError) {
            return try settings.schedule(interval: monitor.interval) { name throws(ZoneError) in try zones.rules(name) }
        } catch {
            logger.error(
                "a time zone cannot be read; the monitor uses UTC",
                ["monitor": "\(monitor.id)", "error": "\(error)"]
            )
            return settings.schedule(interval: monitor.interval) { _ in .utc }
        }
    }

    private func remove(_ id: MonitorID) {
        states[id] = nil
        deadlines.remove(id)
        confirmations[id] = nil
    }

    /// Reads changes from the store that were not broadcast, or not to this process, unless that was done lately.
    ///
    /// Returns once the changes are known, also where another call reads them.
    private func refresh(after pause: Duration) async {
        guard isLoaded else { return }
        await refreshing.withLock {
            let time = now()
            guard abs(time.milliseconds - refreshedAt.milliseconds) >= pause.wholeMilliseconds else { return }
            refreshedAt = time
            do throws(StorageError) {
                try await follower.refresh { self.apply($0) }
            } catch {
                logger.warning("changes of push monitors cannot be read", ["error": "\(error)"])
            }
        }
    }

    // MARK: Pings

    package func admit(_ token: String, isPost: Bool) async -> PushAdmission {
        guard let token = PushToken.normalized(token) else { return .unknown }
        if states.monitors(token).isEmpty {
            guard isLoaded else { return .loading }
            // The monitor may have been created a moment ago; the pause keeps guessed tokens from loading the store.
            await refresh(after: .milliseconds(200))
        }
        let time = now()
        var admission = PushAdmission.unknown
        for id in states.monitors(token) {
            guard var watched = states[id] else { continue }
            let isAllowed = watched.allowance.take(now: time)
            states[id] = watched
            if watched.takesPostAlone, !isPost { return .wrongMethod }
            guard isAllowed else { return .limited(retryAfter: 1) }
            admission = .accepted
        }
        return admission
    }

    /// Takes a ping for every monitor with the token; false when there is none.
    ///
    /// Returns once the results are stored. Throws `.database` when they cannot be stored: then the ping does not count.
    package func take(_ ping: PushPing, for token: String) async throws(StorageError) -> Bool {
        guard let token = PushToken.normalized(token) else { return false }
        let time = now()
        let ids = states.monitors(token)
        switch ping.event {
        case .log: break
        case .start: for id in ids { deadlines.start(id, run: ping.runID, at: time) }
        case .success, .fail, .exit:
            let receipts = ids.compactMap { deadlines.receive($0, run: ping.runID, at: time) }
            let failures = receipts.map { states[$0.monitorID]?.failure }
            let found = receipts.map { receipt in
                result(of: receipt.monitorID, ping.outcome(at: time, duration: receipt.duration), at: time)
            }
            do throws(StorageError) {
                try await journal.record(found.compactMap { $0 })
            } catch {
                for receipt in receipts { deadlines.settle(receipt, counts: false) }
                for (result, failure) in zip(found, failures) { takeBack(result, failure: failure) }
                throw error
            }
            for receipt in receipts { deadlines.settle(receipt, counts: true) }
            if !ping.event.isFailure { for id in ids { confirmations[id] = nil } }
        }
        return !ids.isEmpty
    }

    /// A new result of a monitor; nil when it was deleted.
    private func result(of id: MonitorID, _ outcome: Outcome, at time: Timestamp) -> CheckResult? {
        guard var watched = states[id] else { return nil }
        let identity = watched.identity(at: time)
        // Before it is published: the alerter may ask for a confirmation at once.
        watched.failure = outcome.isSuccess ? nil : outcome
        watched.failure?.evidence = nil
        states[id] = watched
        return CheckResult(
            monitorID: id,
            region: region,
            scheduledAt: identity,
            checkedAt: time,
            outcome: outcome,
            revision: watched.revision,
            url: watched.target,
            kind: PushKind.self
        )
    }

    /// Forgets a result that was not stored, unless there is a newer one; `failure` is the one before it.
    private func takeBack(_ result: CheckResult?, failure: Outcome?) {
        guard let result, states[result.monitorID]?.newest == result.scheduledAt else { return }
        states[result.monitorID]?.failure = failure
    }

    // MARK: Time

    /// Notes that a failure has to be confirmed.
    ///
    /// There is no target to check, so the same failure is reported again at that time.
    private func note(_ wanted: Confirmation) {
        guard states[wanted.monitorID]?.failure != nil else { return }
        confirmations[wanted.monitorID] = wanted.at
    }

    private func tickForEver() async {
        while !Task.isCancelled {
            await tick()
            let next = deadlines.nextDue.map { $0 - now() } ?? .seconds(1)
            try? await clock.sleep(for: min(max(next, .milliseconds(10)), .milliseconds(500)))
        }
    }

    /// Reports the pings that are missing by now.
    func tick() async {
        let time = now()
        let passed = time - tickedAt
        tickedAt = time
        // The process was suspended, or the clock was set: no ping could be received meanwhile.
        if passed > .seconds(30) || passed < .seconds(-1) { deadlines.rebase(to: time) }
        await refresh(after: .seconds(5))
        let missing = await confirmed(takeUnconfirmed() + deadlines.advance(to: time))
        var found = missing.compactMap { result(of: $0.monitorID, $0.outcome, at: $0.deadline) }
        for (id, at) in confirmations where at <= time {
            confirmations[id] = nil
            if let failure = states[id]?.failure, let result = result(of: id, failure, at: at) { found.append(result) }
        }
        await report(found)
    }

    private func takeUnconfirmed() -> [PushDeadlines.Missing] {
        defer { unconfirmed = [] }
        return unconfirmed
    }

    /// The pings that are missing in the store as well: another process may have received them.
    ///
    /// While the store cannot be read nobody can say so; they are looked at again.
    private func confirmed(_ missing: [PushDeadlines.Missing]) async -> [PushDeadlines.Missing] {
        guard isShared, !missing.isEmpty else { return missing }
        let newest: [MonitorID: CheckResult]
        do throws(SQLError) { newest = try await results.latest(for: missing.map(\.monitorID)) } catch {
            logger.warning("missing pings cannot be looked up", ["monitors": "\(missing.count)", "error": "\(error)"])
            unconfirmed = missing
            return []
        }
        return missing.filter { missing in
            guard var watched = states[missing.monitorID] else { return false }
            // A ping may have come to this process meanwhile.
            if let known = watched.newest, known > missing.deadline { return false }
            guard let result = newest[missing.monitorID], result.scheduledAt > watched.newest ?? .distantPast else {
                return true
            }
            watched.newest = result.scheduledAt
            watched.failure = result.outcome.isSuccess ? nil : result.outcome
            states[missing.monitorID] = watched
            deadlines.resume(missing.monitorID, PushDeadlines.History(result))
            return false
        }
    }

    /// Reports results that no ping caused; the processor stores them if that is not possible now.
    private func report(_ found: [CheckResult]) async {
        guard !found.isEmpty else { return await journal.publishAgain() }
        do throws(StorageError) {
            try await journal.record(found)
        } catch {
            await journal.publish(found)
        }
    }
}
