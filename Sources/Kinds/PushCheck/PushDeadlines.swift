package import Base
package import Domain
import Runtime

/// By when each monitor must be heard, and what a ping or the passing of time does to that.
///
/// Knows no clock: whoever holds it says what time it is. A step costs what falls due in it, however many monitors there
/// are. Deadlines follow from pings alone, so that two holders, or one before and after a restart, find the same ones.
package struct PushDeadlines {
    /// A deadline that passed without news.
    package struct Missing: Sendable, Equatable {
        package let monitorID: MonitorID
        /// When a ping was due.
        package let expected: Timestamp
        /// The same with the grace.
        package let deadline: Timestamp
        /// The last ping; nil when there was none.
        package let lastPing: Timestamp?
        /// Since when nothing is heard: the last ping, or when the monitor was taken up.
        package let silentSince: Timestamp
        /// Whether a run was begun and did not end in time.
        package let isUnfinished: Bool
    }

    /// What is known of a monitor from before.
    package struct History: Sendable, Equatable {
        package var lastPing: Timestamp?
        /// The due instant of the last ping that was found missing, when nothing was heard since.
        package var missed: Timestamp?
        package init(lastPing: Timestamp?, missed: Timestamp?) {
            self.lastPing = lastPing
            self.missed = missed
        }
    }

    fileprivate struct Entry {
        var schedule: PushSchedule
        var takenUp: Timestamp
        var lastPing: Timestamp?
        /// When the next ping is due; nil when never.
        var expected: Timestamp?
        var runs = PushRuns()
        var timer: TimerToken?
        var deadline: Timestamp?
    }

    private var entries: [MonitorID: Entry] = [:]
    private var wheel: TimerWheel<MonitorID>

    /// `now` is where time begins to pass.
    package init(now: Timestamp) { wheel = TimerWheel(startingAt: UInt64(max(0, now.milliseconds))) }

    package var count: Int { entries.count }
    /// Nothing is missing before it; nil when there is nothing to wait for.
    package var nextDue: Timestamp? { wheel.nextTick.map { Timestamp(milliseconds: Int64($0)) } }
    /// By when a monitor must be heard; nil when it is unknown or never due.
    package func deadline(of id: MonitorID) -> Timestamp? { entries[id]?.deadline }

    /// Takes up a monitor, or its change; what was heard of it stays.
    ///
    /// `since` counts as a ping where there was none. A deadline that has passed by `now` is not held against the
    /// sender: it could not be heard then, so it has the grace from now on.
    package mutating func set(
        _ id: MonitorID,
        _ schedule: PushSchedule,
        since: Timestamp,
        history: History? = nil,
        now: Timestamp
    ) {
        if var known = entries[id] {
            guard known.schedule != schedule else { return }
            known.schedule = schedule
            known.expected = schedule.next(after: known.lastPing ?? known.takenUp)
            return arm(&known, id, notBefore: now)
        }
        var entry = Entry(schedule: schedule, takenUp: since, lastPing: history?.lastPing)
        entry.expected = schedule.next(after: history?.missed ?? history?.lastPing ?? since)
        arm(&entry, id, notBefore: now)
    }

    package mutating func remove(_ id: MonitorID) {
        guard let timer = entries.removeValue(forKey: id)?.timer else { return }
        wheel.cancel(timer)
    }

    /// Notes that a run began: it must end within the grace.
    package mutating func start(_ id: MonitorID, run: String?, at time: Timestamp) {
        guard var entry = entries[id] else { return }
        entry.runs.start(run, at: time)
        arm(&entry, id)
    }

    /// Notes a ping, and answers how long the run took; nil when its start is not known.
    package mutating func ping(_ id: MonitorID, run: String?, at time: Timestamp) -> Duration? {
        guard var entry = entries[id] else { return nil }
        let duration = entry.runs.end(run, at: time)
        entry.lastPing = time
        entry.expected = entry.schedule.next(after: time)
        arm(&entry, id)
        return duration
    }

    /// The deadlines that passed by `now`, in their order; each monitor then waits for its next one.
    package mutating func advance(to now: Timestamp) -> [Missing] {
        var missing: [Missing] = []
        while let id = wheel.popExpired(through: UInt64(max(0, now.milliseconds))) {
            guard var entry = entries[id], let deadline = entry.deadline else { continue }
            entry.timer = nil
            let unfinished = entry.runs.dropUnfinished(before: deadline - entry.schedule.grace)
            missing.append(
                Missing(
                    monitorID: id,
                    expected: deadline - entry.schedule.grace,
                    deadline: deadline,
                    lastPing: entry.lastPing,
                    silentSince: entry.lastPing ?? entry.takenUp,
                    isUnfinished: unfinished
                )
            )
            while let expected = entry.expected, expected + entry.schedule.grace <= deadline {
                entry.expected = entry.schedule.next(after: expected)
            }
            arm(&entry, id)
        }
        return missing
    }

    /// Forgives what passed while nobody could be heard, and finds its place again after the clock was set back.
    package mutating func rebase(to now: Timestamp) {
        wheel = TimerWheel(startingAt: UInt64(max(0, now.milliseconds)))
        for (id, var entry) in entries {
            entry.timer = nil
            arm(&entry, id, notBefore: now)
        }
    }

    /// Sets the timer of an entry; a deadline before `notBefore` becomes the grace from there on.
    private mutating func arm(_ entry: inout Entry, _ id: MonitorID, notBefore now: Timestamp? = nil) {
        if let timer = entry.timer.take() { wheel.cancel(timer) }
        if let now, let due = entry.due, due + entry.schedule.grace <= now {
            entry.runs = PushRuns()
            entry.expected = now
        }
        entry.deadline = entry.due.map { $0 + entry.schedule.grace }
        entry.timer = entry.deadline.map { wheel.arm(at: UInt64(max(0, $0.milliseconds)), id) }
        entries[id] = entry
    }
}

extension PushDeadlines.Entry {
    /// When something must have been heard, without the grace: a ping, or the end of a run.
    fileprivate var due: Timestamp? {
        guard let started = runs.oldest else { return expected }
        return min(started, expected ?? started)
    }
}
