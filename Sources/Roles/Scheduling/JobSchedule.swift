package import Base
package import Domain
import Runtime

/// Every active monitor by the instant at which it is next due; a step's work depends only on the monitors due in it.
package struct JobSchedule {
    private struct Entry {
        var id: MonitorID
        var spec: CheckSpec
        var rule: SlotRule
        var revision: Int64
        /// Empty for the default region alone.
        var regions: [Region]
        var due: Timestamp
        var token: TimerToken
    }

    /// The result of one step.
    package struct Step: Sendable, Equatable {
        package var jobs: [CheckJob] = []
        /// Slots that were missed, because the process was suspended or the wall clock was set forward.
        package var missed = 0
    }

    private var entries: [Entry?] = []
    private var free: [Int32] = []
    private var indices: [MonitorID: Int32] = [:]
    private var wheel: TimerWheel<Int32>
    private let region: Region

    /// `now` is where the first step begins; `region` is the default one.
    package init(now: Timestamp, region: Region) {
        wheel = TimerWheel(startingAt: UInt64(max(0, now.milliseconds)))
        self.region = region
    }

    package var count: Int { indices.count }

    /// Adds an active monitor or its change; ignores an older revision than the known one.
    ///
    /// `regions` check it; none stands for the default one. Returns whether it should be checked at once: it is new
    /// here, or its check or its regions were changed.
    @discardableResult
    package mutating func set(_ monitor: Monitor, in regions: [Region] = [], now: Timestamp) -> Bool {
        let rule = SlotRule(id: monitor.id, interval: monitor.interval)
        if let index = indices[monitor.id], let known = entries[Int(index)] {
            guard known.revision < monitor.revision else { return false }
            wheel.cancel(known.token)
            arm(monitor, rule, regions, at: index, now: now)
            return known.spec != monitor.spec || known.regions != regions
        }
        let index = free.popLast() ?? Int32(entries.count)
        if Int(index) == entries.count { entries.append(nil) }
        indices[monitor.id] = index
        arm(monitor, rule, regions, at: index, now: now)
        return true
    }

    /// Removes a monitor that was paused or deleted.
    package mutating func remove(_ id: MonitorID) {
        guard let index = indices.removeValue(forKey: id), let entry = entries[Int(index)] else { return }
        wheel.cancel(entry.token)
        entries[Int(index)] = nil
        free.append(index)
    }

    /// The jobs due up to and including `horizon`, in order of their instants.
    ///
    /// A slot whose whole interval has passed by `now` is missed: it is counted and never run.
    package mutating func advance(to horizon: Timestamp, now: Timestamp) -> Step {
        var step = Step()
        while let index = wheel.popExpired(through: UInt64(max(0, horizon.milliseconds))) {
            guard var entry = entries[Int(index)] else { continue }
            let oldest = Timestamp(milliseconds: now.milliseconds - entry.rule.interval + 1)
            if entry.due < oldest {
                let next = entry.rule.next(atOrAfter: oldest)
                let slots = Int((next.milliseconds - entry.due.milliseconds) / entry.rule.interval)
                step.missed += slots * max(1, entry.regions.count)
                entry.due = next
            } else {
                if entry.regions.isEmpty { step.jobs.append(job(entry, in: region)) }
                for region in entry.regions { step.jobs.append(job(entry, in: region)) }
                entry.due = entry.due + .milliseconds(entry.rule.interval)
            }
            entry.token = wheel.arm(at: UInt64(entry.due.milliseconds), index)
            entries[Int(index)] = entry
        }
        return step
    }

    /// Jobs of a monitor outside of its slots, in all of its regions or only in those; none when the monitor is unknown,
    /// or has its slot at that instant.
    ///
    /// A slot before it does not make up for it: a failure that comes too soon confirms nothing.
    package func jobs(
        of id: MonitorID,
        at instant: Timestamp,
        in wanted: [RegionName] = [],
        now: Timestamp
    ) -> [CheckJob] {
        guard let index = indices[id], var entry = entries[Int(index)] else { return [] }
        if entry.rule.next(atOrAfter: now) == instant { return [] }
        entry.due = instant
        return (entry.regions.isEmpty ? [region] : entry.regions)
            .filter { wanted.isEmpty || wanted.contains($0.name) }
            .map { job(entry, in: $0) }
    }

    /// When the next job is due; nil when there is none.
    package var nextDue: Timestamp? { wheel.nextTick.map { Timestamp(milliseconds: Int64($0)) } }

    /// Starts over at `now`, after the wall clock was set back; O(monitors).
    package mutating func rebuild(now: Timestamp) {
        wheel = TimerWheel(startingAt: UInt64(max(0, now.milliseconds)))
        for index in entries.indices {
            guard var entry = entries[index] else { continue }
            entry.due = entry.rule.next(atOrAfter: now)
            entry.token = wheel.arm(at: UInt64(entry.due.milliseconds), Int32(index))
            entries[index] = entry
        }
    }

    private mutating func arm(
        _ monitor: Monitor,
        _ rule: SlotRule,
        _ regions: [Region],
        at index: Int32,
        now: Timestamp
    ) {
        let due = rule.next(atOrAfter: now)
        entries[Int(index)] = Entry(
            id: monitor.id,
            spec: monitor.spec,
            rule: rule,
            revision: monitor.revision,
            regions: regions,
            due: due,
            token: wheel.arm(at: UInt64(due.milliseconds), index)
        )
    }

    private func job(_ entry: Entry, in region: Region) -> CheckJob {
        CheckJob(
            monitorID: entry.id,
            revision: entry.revision,
            region: region,
            scheduledAt: entry.due,
            expiresAt: Timestamp(milliseconds: entry.due.milliseconds + entry.rule.interval),
            spec: entry.spec
        )
    }
}
