import Base
import Domain
import Runtime

/// Every rule by the instant at which it is next due; a step's work depends only on the rules that are due in it.
struct RuleSchedule {
    private struct Entry {
        var slots: SlotRule
        var due: Timestamp
        var token: TimerToken
    }

    private var entries: [AlertRuleID: Entry] = [:]
    private var wheel: TimerWheel<AlertRuleID>

    /// `now` is where the first step begins.
    init(now: Timestamp) { wheel = TimerWheel(startingAt: UInt64(max(0, now.milliseconds))) }

    var count: Int { entries.count }

    /// Adds a rule, or changes its interval.
    mutating func set(_ id: AlertRuleID, interval: Duration, now: Timestamp) {
        let slots = SlotRule(id: id, interval: interval)
        if let known = entries[id] {
            if known.slots == slots { return }
            wheel.cancel(known.token)
        }
        // The slot at this very instant counts as past: the wheel has already advanced to it.
        let due = slots.next(atOrAfter: Timestamp(milliseconds: now.milliseconds + 1))
        entries[id] = Entry(slots: slots, due: due, token: wheel.arm(at: UInt64(due.milliseconds), id))
    }

    mutating func remove(_ id: AlertRuleID) {
        if let entry = entries.removeValue(forKey: id) { wheel.cancel(entry.token) }
    }

    /// The rules that became due up to `now`, in order, and how many of their further slots were missed.
    mutating func advance(to now: Timestamp) -> (due: [AlertRuleID], missed: Int) {
        var (due, missed) = ([AlertRuleID](), 0)
        while let id = wheel.popExpired(through: UInt64(max(0, now.milliseconds))) {
            guard var entry = entries[id] else { continue }
            let next = entry.slots.next(atOrAfter: Timestamp(milliseconds: now.milliseconds + 1))
            missed += Int((next.milliseconds - entry.due.milliseconds) / entry.slots.interval) - 1
            due.append(id)
            entry.due = next
            entry.token = wheel.arm(at: UInt64(next.milliseconds), id)
            entries[id] = entry
        }
        return (due, missed)
    }

    /// When the next rule is due; nil when there is none.
    var nextDue: Timestamp? { wheel.nextTick.map { Timestamp(milliseconds: Int64($0)) } }

    /// Starts over at `now`, after the wall clock was set back; O(rules).
    mutating func rebuild(now: Timestamp) {
        wheel = TimerWheel(startingAt: UInt64(max(0, now.milliseconds)))
        for (id, entry) in entries {
            let due = entry.slots.next(atOrAfter: now)
            entries[id] = Entry(slots: entry.slots, due: due, token: wheel.arm(at: UInt64(due.milliseconds), id))
        }
    }
}
