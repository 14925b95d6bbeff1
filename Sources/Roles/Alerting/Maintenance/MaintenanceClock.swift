import Messages
import Runtime
package import Base
package import Broker
package import Domain
import Pipeline
package import Storage
package import ZoneInfo

/// Knows which monitors are in maintenance, and reports when one enters or leaves it.
///
/// Sleeps until the next window begins or ends; monitors are read only when the set of active windows has changed.
package actor MaintenanceClock<C: Clock> where C.Duration == Duration {
    private let repository: MaintenanceRepository
    private let monitors: MonitorRepository
    private let broker: any Broker
    private let zones: ZoneFiles
    private let logger: Logger
    private let clock: C
    private let now: @Sendable () -> Timestamp
    private let faults: @Sendable ([String]) -> Void

    private var states = MaintenanceStates()
    private var covered: Set<MonitorID> = []
    /// The windows from which `covered` was computed.
    private var applied: [MaintenancePlan] = []
    private var report: (@Sendable (MaintenanceChange) async -> Void)?
    private var monitorEvents: Broadcasts<MonitorEvent>?
    private var planChanges: Broadcasts<MaintenanceChanged>?
    private var alarm: Task<Void, Never>?
    private var isStopped = false
    private let lock = AsyncLock()

    private static var pageSize: Int { 1000 }
    /// The wall clock may be set meanwhile, so it is read at least this often.
    private static var longestSleep: Duration { .seconds(30) }

    /// `faults` is called with what keeps windows from being active, whenever the windows were read; empty for nothing.
    package init(
        _ repository: MaintenanceRepository,
        monitors: MonitorRepository,
        broker: any Broker,
        zones: ZoneFiles,
        logger: Logger,
        clock: C = ContinuousClock(),
        now: @escaping @Sendable () -> Timestamp = { .now },
        faults: @escaping @Sendable ([String]) -> Void = { _ in }
    ) {
        self.repository = repository
        self.monitors = monitors
        self.broker = broker
        self.zones = zones
        self.logger = logger
        self.clock = clock
        self.now = now
        self.faults = faults
    }

    /// Reads the windows and their monitors; returns the monitors in maintenance.
    ///
    /// Call once, before `run`.
    package func prepare() async -> Set<MonitorID> {
        monitorEvents = await broker.listen(Topics.monitorEvents)
        planChanges = await broker.listen(Topics.maintenanceChanges)
        await refresh(reading: true)
        return covered
    }

    /// Reports which monitors enter maintenance and leave it, until the task is cancelled.
    package func run(_ report: @escaping @Sendable (MaintenanceChange) async -> Void) async {
        guard let monitorEvents, let planChanges else { return }
        self.report = report
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                for await event in monitorEvents {
                    switch event {
                    case .message(let event): await self.apply(event)
                    case .missed: await self.lookAgain()
                    }
                }
            }
            group.addTask { for await _ in planChanges { await self.refresh(reading: true) } }
        }
        isStopped = true
        alarm?.cancel()
    }

    /// Looks at every monitor again, when it is not known which of them changed.
    private func lookAgain() async {
        await lock.withLock { if let found = await find(applied) { await move(to: found) } }
    }

    private func apply(_ event: MonitorEvent) async {
        await lock.withLock {
            switch event {
            case .deleted(let id): covered.remove(id)
            case .changed(let monitor):
                var after = covered
                if applied.covers(monitor) { after.insert(monitor.id) } else { after.remove(monitor.id) }
                await move(to: after)
            }
        }
    }

    /// Finds out what is active now; reads the windows again when they were changed.
    private func refresh(reading: Bool) async {
        await lock.withLock {
            if reading {
                guard let plans = await retrying({ () async throws(StorageError) in try await repository.list() })
                else { return }
                let zones = zones
                let logger = logger
                var invalid: [String] = []
                states = MaintenanceStates(plans, zone: { try zones.rules($0) }) { plan, fault in
                    logger.error("a maintenance window is invalid", ["window": plan.name, "error": fault])
                    invalid.append("'\(plan.name)': \(fault)")
                }
                faults(invalid)
            }
            states.advance(to: now())
            let active = states.active
            if active != applied, let found = await find(active) {
                applied = active
                await move(to: found)
            }
        }
        setAlarm()
    }

    private func move(to after: Set<MonitorID>) async {
        let change = MaintenanceChange(from: covered, to: after)
        covered = after
        if !change.isEmpty { await report?(change) }
    }

    /// The monitors that any of the windows covers; nil when they cannot be read and the program stops.
    private func find(_ plans: [MaintenancePlan]) async -> Set<MonitorID>? {
        var found: Set<MonitorID> = []
        guard !plans.isEmpty else { return found }
        var after: MonitorID?
        repeat {
            let start = after
            let page = await retrying { () async throws(StorageError) in
                try await monitors.list(after: start, limit: Self.pageSize)
            }
            guard let page else { return nil }
            for item in page.items where plans.covers(item.monitor) { found.insert(item.monitor.id) }
            after = page.next
        } while after != nil
        return found
    }

    private func setAlarm() {
        alarm?.cancel()
        guard !isStopped else { return }
        let time = now()
        let rest = states.nextChange.map { max(.milliseconds(1), $0 - time) } ?? Self.longestSleep
        let deadline = clock.now.advanced(by: min(rest, Self.longestSleep))
        let clock = clock
        alarm = Task {
            do { try await clock.sleep(until: deadline, tolerance: nil) } catch { return }
            // In a task of its own: the next alarm must not cancel work that this one has begun.
            Task { await wakeUp() }
        }
    }

    private func wakeUp() async {
        if states.isDue(at: now()) { await refresh(reading: false) } else { setAlarm() }
    }

    private func retrying<R>(_ body: () async throws(StorageError) -> R) async -> R? {
        var attempt = 0
        while !Task.isCancelled, !isStopped {
            do throws(StorageError) {
                return try await body()
            } catch {
                attempt += 1
                if attempt == 1 { logger.error("maintenance windows cannot be read", ["error": "\(error)"]) }
                if !error.isTransient { return nil }
                try? await clock.sleep(for: Backoff.standard.delay(after: attempt))
            }
        }
        return nil
    }
}

extension [MaintenancePlan] {
    /// Whether any of the windows covers a monitor.
    fileprivate func covers(_ monitor: Monitor) -> Bool {
        guard !isEmpty else { return false }
        let labels = monitor.labels
        return contains { $0.matchers.matches(labels) }
    }
}
