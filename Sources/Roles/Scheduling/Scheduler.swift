import Messages
package import Base
package import Broker
package import Domain
package import Lease
package import Pipeline
package import Runtime
package import Storage

/// Publishes the jobs of every monitor a little before they are due.
///
/// One of several schedulers is the leader, by a lease. The others keep the same schedule as far as the leader has come,
/// so that the next one continues there, however long nobody led: the newest slot of each monitor that was due meanwhile
/// is published, if its interval is not over, and the others are counted as missed. The work of a tick depends on the
/// monitors that are due in it, not on all of them.
package actor Scheduler<C: Clock>: Service where C.Duration == Duration {
    package nonisolated let name = "scheduler"
    let broker: any Broker
    private let monitors: MonitorRepository
    let metrics: PipelineMetrics
    let health: Health
    let logger: Logger
    private let clock: C
    let now: @Sendable () -> Timestamp
    private let lookahead: Duration
    private let tick: Duration
    let regions: RegionDirectory
    /// The region whose topic has no region in its name.
    let unnamedRegion: RegionName
    var service: RegionWatch
    /// Changed monitors of which a region's number is not known yet.
    private var unnamed: [MonitorID: Monitor] = [:]
    private let lease: any LeaderLease
    private let newestDue: NewestDue?
    private let emitting = AsyncLock()
    /// Checks outside of their slots; those that come while others are being published go together.
    var early: [CheckJob] = []
    let earlyNews = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
    private var isLeading = false
    /// What the last leader had published when this scheduler took over from it.
    private var takenOverAt: Timestamp?

    private var schedule: JobSchedule
    /// Everything that is due until then was published, by this scheduler or by another one.
    private var horizon: Timestamp
    private let follower: MonitorFollower<C>
    /// Whether all stored monitors were read.
    package private(set) var isLoaded = false
    private var lastTick: (wall: Timestamp, elapsed: C.Instant)

    /// When the newest stored result of each of these monitors was due; those without one are left out.
    package typealias NewestDue = @Sendable ([MonitorID]) async throws(StorageError) -> [MonitorID: Timestamp]

    /// `tick` is how long it waits at least from one look at the schedule to the next.
    ///
    /// `newestDue` is where a process that was the only one continues after its end; nil where the lease says that.
    package init(
        broker: any Broker,
        monitors: MonitorRepository,
        metrics: PipelineMetrics,
        health: Health,
        logger: Logger,
        clock: C = ContinuousClock(),
        now: @escaping @Sendable () -> Timestamp = { .now },
        lookahead: Duration = .seconds(2),
        tick: Duration = .milliseconds(250),
        regions: RegionDirectory? = nil,
        unnamedRegion: RegionName = .local,
        lease: any LeaderLease = SoleLeader(),
        newestDue: NewestDue? = nil
    ) {
        (self.lease, self.newestDue) = (lease, newestDue)
        (self.broker, self.metrics, self.health, self.logger) = (broker, metrics, health, logger)
        (self.clock, self.now, self.lookahead) = (clock, now, lookahead)
        self.monitors = monitors
        self.tick = tick
        self.regions = regions ?? RegionDirectory(beside: monitors, standard: .local)
        self.unnamedRegion = unnamedRegion
        follower = MonitorFollower(monitors: monitors, clock: clock) { error in
            guard let error else { return health.set("scheduler", .ok) }
            health.set("scheduler", .failing("changes of monitors cannot be read: \(error)"))
            logger.error("changes of monitors cannot be read; trying again", ["error": "\(error)"])
        }
        let start = now()
        schedule = JobSchedule(now: start, region: self.regions.standardRegion)
        service = RegionWatch(since: start)
        horizon = start
        lastTick = (start, clock.now)
    }

    package var monitorCount: Int { schedule.count }

    package func run(until shutdown: GracefulShutdown, ready: Readiness) async throws {
        let events = await broker.listen(Topics.monitorEvents)
        let confirmations = await broker.listen(Topics.confirmations)
        let beats = await broker.listen(Topics.regionBeats)
        ready.report()
        if let position = await position() { horizon = min(horizon, position) }
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
                // When a request is missed, the monitor's next slot makes up for it.
                for await case .message(let wanted) in confirmations { await self.confirm(wanted) }
            }
            group.addTask { for await case .message(let beat) in beats { await self.hear(beat) } }
            group.addTask {
                await self.follower.begin()
                await self.load()
                // Changes that were not broadcast, or were lost, are read from the store.
                await self.follower.run { await self.apply($0) }
            }
            group.addTask { for await _ in self.earlyNews.stream { await self.publishEarly() } }
            group.addTask { await self.tickForEver() }
            await shutdown.wait()
            group.cancelAll()
        }
        await publishEarly()
    }

    // MARK: Monitors

    /// Reads every active monitor, scheduling each page as it comes; tries again until the store answers.
    private func load() async {
        var after: MonitorID?
        var attempt = 0
        while !Task.isCancelled {
            do throws(StorageError) {
                if after == nil { try await regions.refresh() }
                let page = try await monitors.active(after: after, limit: 5000)
                let newest = try await newestDue?(page.monitors.map(\.id)) ?? [:]
                for monitor in page.monitors where monitor.isScheduled && follower.isCurrent(monitor) {
                    let time = now()
                    _ = set(monitor, at: time, from: beginning(of: monitor, after: newest[monitor.id], time))
                }
                guard let next = page.next else {
                    try await checkForgotten()
                    break
                }
                after = next
                await emit()
            } catch {
                attempt += 1
                health.set("scheduler", .failing("the monitors cannot be read: \(error)"))
                if attempt == 1 { logger.error("the monitors cannot be read; trying again", ["error": "\(error)"]) }
                try? await clock.sleep(for: Backoff.standard.delay(after: attempt))
            }
        }
        guard !Task.isCancelled else { return }
        isLoaded = true
        health.set("scheduler", .ok)
        logger.info("scheduling", ["monitors": "\(schedule.count)"])
    }

    /// Checks monitors within a minute whose first check was lost with the process and whose slot is far away.
    private func checkForgotten() async throws(StorageError) {
        let patience: Duration = .seconds(60)
        var after: MonitorID?
        while !Task.isCancelled {
            let page = try await monitors.unchecked(interval: patience, after: after, limit: 1000)
            guard let next = page.next else { return }
            after = next
            let time = now()
            let jobs = page.monitors.flatMap { monitor -> [CheckJob] in
                guard monitor.isScheduled, follower.isCurrent(monitor),
                    SlotRule(id: monitor.id, interval: monitor.interval).next(atOrAfter: time) > time + patience
                else { return [] }
                return firstChecks(of: monitor, at: SlotRule(id: monitor.id, interval: patience).next(atOrAfter: time))
            }
            await publish(jobs)
        }
    }

    /// Reads changes from the store whose broadcasts were missed.
    private func catchUp() async {
        // A change that cannot be read now is read within seconds, in the follower's own rounds.
        try? await follower.refresh { await self.apply($0) }
    }

    /// Takes up a change at once; a new monitor is checked now, not at its first slot.
    private func apply(_ event: MonitorEvent) async {
        // The number of a new region; where it cannot be read now, the next tick reads it.
        if case .changed(let monitor) = event { try? await regions.learn(monitor.regions) }
        guard follower.admits(event) else { return }
        unnamed[event.monitorID] = nil
        switch event {
        case .deleted(let id): schedule.remove(id)
        case .changed(let monitor) where !monitor.isScheduled: schedule.remove(monitor.id)
        case .changed(let monitor):
            let time = now()
            guard set(monitor, at: time), isLeading else { return }
            await publishSoon(firstChecks(of: monitor, at: time))
        }
    }

    /// Schedules a monitor in its regions; whether it should be checked at once.
    private func set(_ monitor: Monitor, at time: Timestamp, from begin: Timestamp? = nil) -> Bool {
        let named = monitor.regions.compactMap(regions.region)
        guard named.count == monitor.regions.count else {
            unnamed[monitor.id] = monitor
            return false
        }
        return schedule.set(monitor, in: named, now: begin ?? reached(time, monitor))
    }

    /// Schedules monitors whose regions were not known before.
    private func nameRegions() async {
        guard !unnamed.isEmpty else { return }
        let names = Set(unnamed.values.flatMap(\.regions))
        try? await regions.learn(names)
        let waiting = unnamed
        unnamed = [:]
        let time = now()
        var jobs: [CheckJob] = []
        for monitor in waiting.values where set(monitor, at: time) { jobs += firstChecks(of: monitor, at: time) }
        service.noteUnnamed(unnamed.count)
        if isLeading { await publish(jobs) }
    }

    /// Schedules checks before their slot, to confirm the last one.
    private func confirm(_ wanted: Confirmation) async {
        guard isLeading else { return }
        let time = now()
        await publishSoon(schedule.jobs(of: wanted.monitorID, at: max(wanted.at, time), in: wanted.regions, now: time))
    }

    private func firstChecks(of monitor: Monitor, at time: Timestamp) -> [CheckJob] {
        regions.regions(of: monitor).map { region in
            CheckJob(
                monitorID: monitor.id,
                revision: monitor.revision,
                region: region,
                scheduledAt: time,
                expiresAt: time + monitor.interval,
                spec: monitor.spec
            )
        }
    }

    // MARK: Time

    private func tickForEver() async {
        while !Task.isCancelled {
            await nameRegions()
            await emit()
            try? await clock.sleep(for: untilNextTick())
        }
    }

    /// A tick while checks are due, twice that otherwise; at most half the lookahead.
    private func untilNextTick() -> Duration {
        let step = min(tick, lookahead / 4)
        guard isLeading, let next = schedule.nextDue else { return step * 2 }
        return min(max(next - (now() + lookahead), step), step * 2)
    }

    private func hear(_ beat: RegionBeat) { service.hear(beat, at: now()) }

    /// Publishes the jobs that are due within the lookahead.
    private func emit() async {
        // One at a time: what is noted as published is published.
        await emitting.withLock { await emitAlone() }
    }

    private func emitAlone() async {
        let time = now()
        noticeClockSteps(time)
        guard await lease.token() != nil else {
            if isLeading {
                logger.warning("another process schedules now")
                service.endReport(to: health)
            }
            (isLeading, takenOverAt) = (false, nil)
            return follow(await position(), time)
        }
        let isTakeover = !isLeading
        // Jobs that the last leader has published are not published again.
        let published = isTakeover ? await position() : nil
        if isTakeover { takeOver(at: published, time) }
        isLeading = true
        let limit = max(horizon, time + lookahead)
        horizon = limit
        let step = schedule.advance(to: limit, now: time)
        if step.missed > 0 {
            metrics.missed.increment(by: step.missed)
            let count = ["count": "\(step.missed)"] as LogMetadata
            if isTakeover { logger.warning("checks were due while nobody scheduled, and are not made up for", count) }
        }
        await publish(published.map { published in step.jobs.filter { $0.scheduledAt > published } } ?? step.jobs)
        await lease.note(limit.milliseconds)
    }

    /// What the last leader, or the present one, is known to have published.
    private func position() async -> Timestamp? { await lease.position().map { Timestamp(milliseconds: $0) } }

    /// Keeps the schedule where the leader is; the jobs that are due by then were the leader's to publish.
    private func follow(_ position: Timestamp?, _ time: Timestamp) {
        guard let position = position.map({ min($0, time + lookahead) }), position > horizon else { return }
        horizon = position
        _ = schedule.advance(to: horizon, now: horizon)
    }

    /// Continues where the last leader stopped, however long ago.
    private func takeOver(at position: Timestamp?, _ time: Timestamp) {
        takenOverAt = position
        follow(position, time)
        // Not known before: the lease could not be read, or the last leader's clock was set back.
        guard let position, position < horizon else { return }
        schedule.rebuild(now: position + .milliseconds(1))
        horizon = position
    }

    /// Where the jobs of a monitor begin that were not published by any scheduler.
    private func reached(_ time: Timestamp, _ monitor: Monitor) -> Timestamp {
        // Monitors that are still being loaded begin where the last leader stopped.
        if isLeading, isLoaded || takenOverAt == nil { return time }
        let published = isLeading ? takenOverAt ?? horizon : horizon
        // Not further ahead than any scheduler publishes: clocks differ.
        return min(time + lookahead, max(published + .milliseconds(1), monitor.createdAt))
    }

    /// Where a monitor that is loaded begins: after its newest result, where no lease says how far the last process came.
    private func beginning(of monitor: Monitor, after newest: Timestamp?, _ time: Timestamp) -> Timestamp {
        guard newestDue != nil else { return reached(time, monitor) }
        let known = newest ?? monitor.createdAt
        // Without a result for so long before its last change it was not active.
        let begin = monitor.updatedAt - known > monitor.interval ? monitor.updatedAt : known
        return min(time, begin + .milliseconds(1))
    }

    /// A wall clock that was set back would silence everything until it has caught up: start over instead.
    private func noticeClockSteps(_ time: Timestamp) {
        let elapsed = lastTick.elapsed.duration(to: clock.now)
        let step = (time - lastTick.wall) - elapsed
        lastTick = (time, clock.now)
        guard step < .seconds(-1) else { return }
        logger.warning("the wall clock was set back", ["by": (.zero - step).text])
        horizon = min(horizon, time)
        schedule.rebuild(now: horizon)
    }
}
