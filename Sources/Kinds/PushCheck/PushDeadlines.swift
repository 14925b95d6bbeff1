package import Base
package import Domain
import Runtime

/// The deadline of each monitor's next ping, and how pings and the passage of time change it.
///
/// Has no clock: the caller passes the time. The cost of a step depends on what is due in it, not on the number of
/// monitors. Deadlines follow from pings alone, so two instances, or one before and after a restart, compute the same
/// ones.
package struct PushDeadlines {
    /// A deadline that passed without a ping.
    package struct Missing: Sendable, Equatable {
        package let monitorID: MonitorID
        /// When the ping was due.
        package let expected: Timestamp
        /// When it was due, plus the grace.
        package let deadline: Timestamp
        /// The last ping; nil when there was none.
        package let lastPing: Timestamp?
        /// The start of the silence: the last ping, or when the monitor was added.
        package let silentSince: Timestamp
        /// Whether a run began and did not end in time.
        package let isUnfinished: Bool
    }

    /// The stored history of a monitor.
    package struct History: Sendable, Equatable {
        package var lastPing: Timestamp?
        /// The due time of the last missing ping, if no ping has arrived since.
        package var missed: Timestamp?
        package init(lastPing: Timestamp?, missed: Timestamp?) {
            self.lastPing = lastPing
            self.missed = missed
        }
    }

    /// A ping that was noted and is not settled yet.
    package struct Receipt: Sendable, Equatable {
        package let monitorID: MonitorID
        package let time: Timestamp
        /// How long its run took; nil when the start is not known.
        package let duration: Duration?
        fileprivate let run: String?
        fileprivate let begunAt: Timestamp?
        /// The place among the unsettled pings of the monitor.
        fileprivate let place: Int
    }

    /// What holds if no unsettled ping counts.
    fileprivate struct Settled {
        var lastPing: Timestamp?
        var expected: Timestamp?
        /// The place of the newest ping that counts; -1 for none.
        var place = -1
    }

    fileprivate struct Entry {
        var schedule: PushSchedule
        var takenUp: Timestamp
        var lastPing: Timestamp?
        /// When the next ping is due; nil when never.
        var expected: Timestamp?
        /// nil when every ping is settled.
        var settled: Settled?
        var receivedCount = 0
        var unsettledCount = 0
        var runs = PushRuns()
        var timer: TimerToken?
        var deadline: Timestamp?
    }

    private var entries: [MonitorID: Entry] = [:]
    private var wheel: TimerWheel<MonitorID>

    /// `now` is the start time.
    package init(now: Timestamp) { wheel = TimerWheel(startingAt: UInt64(max(0, now.milliseconds))) }

    package var count: Int { entries.count }
    /// No ping can be missing before this time; nil when no ping is expected.
    package var nextDue: Timestamp? { wheel.nextTick.map { Timestamp(milliseconds: Int64($0)) } }
    /// The deadline of a monitor's next ping; nil when the monitor is unknown or no ping is due.
    package func deadline(of id: MonitorID) -> Timestamp? { entries[id]?.deadline }

    /// Adds or changes a monitor; its pings so far are kept.
    ///
    /// `since` counts as a ping when there was none. If the deadline has passed by `now`, the sender gets the grace
    /// from `now` on, because its ping could not have been received.
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
            if let settled = known.settled {
                known.settled?.expected = schedule.next(after: settled.lastPing ?? known.takenUp)
            }
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

    /// Notes the start of a run, which must end within the grace.
    package mutating func start(_ id: MonitorID, run: String?, at time: Timestamp) {
        guard var entry = entries[id] else { return }
        entry.runs.start(run, at: time)
        arm(&entry, id)
    }

    /// Notes a ping, which counts unless `settle` takes it back; nil when the monitor is unknown.
    package mutating func receive(_ id: MonitorID, run: String?, at time: Timestamp) -> Receipt? {
        guard var entry = entries[id] else { return nil }
        let begunAt = entry.runs.end(run)
        if entry.settled == nil {
            entry.settled = Settled(lastPing: entry.lastPing, expected: entry.expected)
            entry.receivedCount = 0
        }
        let place = entry.receivedCount
        entry.receivedCount += 1
        entry.unsettledCount += 1
        entry.lastPing = time
        entry.expected = entry.schedule.next(after: time)
        arm(&entry, id)
        let duration = begunAt.map { max(.zero, time - $0) }
        return Receipt(monitorID: id, time: time, duration: duration, run: run, begunAt: begunAt, place: place)
    }

    /// Settles a ping: it counts, or it is taken back as if it had never come.
    ///
    /// Must follow each `receive` once; the order does not matter.
    package mutating func settle(_ receipt: Receipt, counts: Bool) {
        let id = receipt.monitorID
        guard var entry = entries[id], var settled = entry.settled else { return }
        if counts, receipt.place > settled.place {
            settled = Settled(
                lastPing: receipt.time,
                expected: entry.schedule.next(after: receipt.time),
                place: receipt.place
            )
        }
        if !counts, let begunAt = receipt.begunAt { entry.runs.resume(receipt.run, begunAt: begunAt) }
        entry.unsettledCount -= 1
        if entry.unsettledCount == 0 {
            entry.settled = nil
            entry.lastPing = settled.lastPing
            entry.expected = settled.expected
        } else {
            entry.settled = settled
        }
        arm(&entry, id)
    }

    /// The deadlines that passed by `now`, in order; each monitor then waits for its next ping.
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

    /// Takes over what another instance has stored of a monitor that was thought to be missing here.
    package mutating func resume(_ id: MonitorID, _ history: History) {
        guard var entry = entries[id] else { return }
        entry.lastPing = history.lastPing ?? entry.lastPing
        entry.expected = entry.schedule.next(after: history.missed ?? entry.lastPing ?? entry.takenUp)
        arm(&entry, id)
    }

    /// Renews deadlines that passed while no ping could be received, and all of them after the clock was set back.
    package mutating func rebase(to now: Timestamp) {
        wheel = TimerWheel(startingAt: UInt64(max(0, now.milliseconds)))
        for (id, var entry) in entries {
            entry.timer = nil
            arm(&entry, id, notBefore: now)
        }
    }

    /// Sets the timer of an entry; a deadline before `notBefore` is replaced by the grace from then on.
    private mutating func arm(_ entry: inout Entry, _ id: MonitorID, notBefore now: Timestamp? = nil) {
        if let timer = entry.timer.take() { wheel.cancel(timer) }
        if let now, let due = entry.due, due + entry.schedule.grace <= now {
            entry.runs = PushRuns()
            entry.expected = now
        }
        if let now, let expected = entry.settled?.expected, expected + entry.schedule.grace <= now {
            entry.settled?.expected = now
        }
        entry.deadline = entry.due.map { $0 + entry.schedule.grace }
        entry.timer = entry.deadline.map { wheel.arm(at: UInt64(max(0, $0.milliseconds)), id) }
        entries[id] = entry
    }
}

extension PushDeadlines.Entry {
    /// When a ping or the end of a run is due, without the grace.
    fileprivate var due: Timestamp? {
        guard let started = runs.oldest else { return expected }
        return min(started, expected ?? started)
    }
}
