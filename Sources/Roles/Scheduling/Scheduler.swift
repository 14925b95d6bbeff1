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
/// One of several schedulers is the leader, by a lease. The others keep the same schedule some time behind, so that the
/// next leader continues where the last one stopped: no slot is skipped. The work of a tick depends on the monitors
/// that are due in it, not on all of them.
package actor Scheduler<C: Clock>: Service where C.Duration == Duration {
    package nonisolated let name = "scheduler"
    private let broker: any Broker
    private let monitors: MonitorRepository
    private let metrics: PipelineMetrics
    private let health: Health
    private let logger: Logger
    private let clock: C
    private let now: @Sendable () -> Timestamp
    private let lookahead: Duration
    private let tick: Duration
    private let regions: RegionDirectory
    /// The region whose topic has no region in its name.
    private let unnamedRegion: RegionName
    private var service: RegionWatch
    /// Changed monitors of which a region's number is not known yet.
    private var unnamed: [MonitorID: Monitor] = [:]
    private let lease: any LeaderLease
    private var isLeading = false
    /// What the last leader had published when this scheduler took over from it, if that was not long ago.
    private var takenOverAt: Timestamp?
    /// How far a scheduler that is not the leader stays behind: longer than a lease lasts without renewal.
    private static var lag: Duration { .seconds(30) }

    private var schedule: JobSchedule
    private var horizon: Timestamp
    private let follower: MonitorFollower<C>
    /// Whether all stored monitors were read.
    package private(set) var isLoaded = false
    private var lastTick: (wall: Timestamp, elapsed: C.Instant)

    /// `tick` is how long it waits at least from one look at the schedule to the next.
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
        lease: any LeaderLease = SoleLeader()
    ) {
        self.lease = lease
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
            group.addTask { await self.tickForEver() }
            await shutdown.wait()
            group.cancelAll()
        }
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
                let time = now()
                for monitor in page.monitors where monitor.isScheduled && follower.isCurrent(monitor) {
                    _ = set(monitor, at: time)
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
            await publish(firstChecks(of: monitor, at: time))
        }
    }

    /// Schedules a monitor in its regions; whether it should be checked at once.
    private func set(_ monitor: Monitor, at time: Timestamp) -> Bool {
        let named = monitor.regions.compactMap(regions.region)
        guard named.count == monitor.regions.count else {
            unnamed[monitor.id] = monitor
            return false
        }
        return schedule.set(monitor, in: named, now: reached(time))
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
        await publish(schedule.jobs(of: wanted.monitorID, at: max(wanted.at, time), in: wanted.regions, now: time))
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

    /// Publishes the jobs that are due within the lookahead.
    private func emit() async {
        let time = now()
        noticeClockSteps(time)
        guard await lease.token() != nil else {
            if isLeading {
                logger.warning("another process schedules now")
                service.endReport(to: health)
            }
            (isLeading, takenOverAt) = (false, nil)
            // The jobs that are due by then were the leader's to publish.
            horizon = max(horizon, time - Self.lag)
            return _ = schedule.advance(to: horizon, now: horizon)
        }
        // Jobs that the last leader has published are not published again.
        let emitted = isLeading ? nil : await lease.position().map { Timestamp(milliseconds: $0) }
        if let emitted, emitted >= time - Self.lag {
            takenOverAt = emitted
            // A process that started after the last leader had stopped still publishes what was due in between.
            if emitted < horizon { schedule.rebuild(now: emitted + .milliseconds(1)) }
        }
        isLeading = true
        let limit = max(horizon, time + lookahead)
        horizon = limit
        let step = schedule.advance(to: limit, now: time)
        if step.missed > 0 { metrics.missed.increment(by: step.missed) }
        await publish(emitted.map { emitted in step.jobs.filter { $0.scheduledAt > emitted } } ?? step.jobs)
        await lease.note(limit.milliseconds)
    }

    /// The instant up to which due jobs were published by any scheduler.
    ///
    /// Monitors that are still being loaded begin where the last leader stopped.
    private func reached(_ time: Timestamp) -> Timestamp {
        guard isLeading else { return min(time, horizon) }
        guard !isLoaded, let takenOverAt else { return time }
        return takenOverAt + .milliseconds(1)
    }

    /// A wall clock that was set back would silence everything until it has caught up: start over instead.
    private func noticeClockSteps(_ time: Timestamp) {
        let elapsed = lastTick.elapsed.duration(to: clock.now)
        let step = (time - lastTick.wall) - elapsed
        lastTick = (time, clock.now)
        guard step < .seconds(-1) else { return }
        logger.warning("the wall clock was set back", ["by": (.zero - step).text])
        schedule.rebuild(now: time)
        horizon = time
    }

    // MARK: Publishing

    private func hear(_ beat: RegionBeat) { service.hear(beat, at: now()) }

    /// Publishes jobs, those of each region by themselves: what happens to one does not touch the others.
    private func publish(_ jobs: [CheckJob]) async {
        if let first = jobs.first {
            if jobs.allSatisfy({ $0.region.name == first.region.name }) {
                await publish(jobs, to: first.region.name)
            } else {
                for (region, jobs) in Dictionary(grouping: jobs, by: \.region.name) { await publish(jobs, to: region) }
            }
        }
        service.report(to: health, logger, at: now())
    }

    /// Jobs of a named region that nobody serves are counted and not published: nobody would drop them.
    private func publish(_ jobs: [CheckJob], to region: RegionName) async {
        if region != regions.standard, !service.isServed(region, at: now()) {
            metrics.skipped(.unserved).increment(by: jobs.count)
            return service.skip(jobs.count, in: region)
        }
        do {
            try await broker.publish(jobs, to: Topics.checkJobs(in: region, unnamed: unnamedRegion))
            metrics.scheduled.increment(by: jobs.count)
        } catch {
            metrics.missed.increment(by: jobs.count)
            logger.warning(
                "due checks could not be published",
                ["count": "\(jobs.count)", "region": "\(region)", "error": "\(error)"]
            )
        }
    }
}
