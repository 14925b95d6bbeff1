import Base
import Domain
import Runtime

/// When regions that are not heard from stop to count.
///
/// Each monitor has one timer at most, which is looked at when it expires: results do not move it. Only an earlier
/// deadline does, after a change of the monitor.
struct SilenceWatch {
    private var wheel: TimerWheel<MonitorID>?
    private var armed: [MonitorID: (tick: UInt64, token: TimerToken)] = [:]
    /// Since when all results of the monitors were heard.
    private var since = Timestamp.distantPast
    /// Up to which time results were read, where more wait to be read; nil where all were.
    private var behind: Timestamp?
    /// Since when results are waited for; nil while some are applied.
    var waitingSince: Timestamp?

    /// Begins to hear results that came to others before.
    mutating func listen(since time: Timestamp) { since = time }

    /// Notes results that were applied: others wait behind a full batch, and where applying one took long.
    mutating func read(_ results: [CheckResult], isFull: Bool, began: Timestamp, at now: Timestamp) {
        behind = isFull ? results.lazy.map(\.checkedAt).max() : now - began > .seconds(5) ? began : nil
    }

    /// Up to which time silence says something about a region.
    func reached(_ now: Timestamp) -> Timestamp {
        guard let behind else { return now }
        if let waitingSince, now - waitingSince > .seconds(2) { return now }
        return min(behind, now)
    }

    /// Since when a region is not heard, if its newest check was due then.
    func deadline(_ silence: Timestamp, _ freshness: Duration) -> Timestamp { max(silence, since + freshness) }

    /// Looks at a monitor at a time, unless it is looked at before.
    mutating func watch(_ id: MonitorID, at deadline: Timestamp, now: Timestamp) {
        let tick = Self.tick(deadline) + 1
        if let known = armed[id] {
            guard tick < known.tick else { return }
            wheel?.cancel(known.token)
        }
        if wheel == nil { wheel = TimerWheel(startingAt: Self.tick(now)) }
        if let token = wheel?.arm(at: tick, id) { armed[id] = (tick, token) }
    }

    /// The monitors to look at; each has to be watched again.
    mutating func due(at now: Timestamp) -> [MonitorID] {
        restart(ifBehind: now)
        var due: [MonitorID] = []
        while due.count < 10_000, let id = wheel?.popExpired(through: Self.tick(now)) {
            armed[id] = nil
            due.append(id)
        }
        return due
    }

    /// Looks at everything again when the clock was set back: what was to happen later may be due now.
    private mutating func restart(ifBehind now: Timestamp) {
        since = min(since, now)
        guard let current = wheel?.current, Self.tick(now) + 10 < current else { return }
        let watched = armed.keys
        (wheel, armed) = (nil, [:])
        for id in watched { watch(id, at: now, now: now) }
    }

    private static func tick(_ time: Timestamp) -> UInt64 { UInt64(max(0, time.milliseconds / 100)) }
}

/// How many rounds of confirmation may begin in a second: more wait for their slots.
struct RoundLimit {
    private var second = Int64.min
    private var count = 0
    private static let limit = 500

    /// Whether another round may begin.
    mutating func take(at now: Timestamp) -> Bool {
        let current = now.milliseconds / 1000
        if current != second { (second, count) = (current, 0) }
        count += 1
        return count <= Self.limit
    }
}
