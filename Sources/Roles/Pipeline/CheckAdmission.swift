package import Base
package import Domain

/// Decides which due checks may start: not twice for one monitor, not too many at once, not too many on one target.
///
/// A check that has to wait keeps its place in line; one target that hangs holds up its own checks only.
package struct CheckAdmission<Check: AdmissibleCheck> {
    /// What to do with a due check.
    package enum Decision: Sendable, Equatable {
        case start
        /// It will come back from `finish` when there is room.
        case wait
        case drop(DropReason)
    }

    /// Why a due check is not made; bounded, for metrics.
    package enum DropReason: String, Sendable, CaseIterable {
        /// Its time was over before it could start.
        case expired
        /// The monitor's previous check still runs.
        case overlap
        /// Too many are waiting.
        case overloaded
        /// The monitor has changed or gone since.
        case stale
    }

    private struct Target {
        var running = 0
        var waiting = RingBuffer<Check>()
    }

    private let maximumRunning: Int
    private let maximumPerTarget: Int
    private let maximumWaiting: Int
    private var monitors: Set<MonitorID> = []
    private var targets: [UInt64: Target] = [:]
    private var ready = RingBuffer<Check>()
    package private(set) var running = 0
    package private(set) var waiting = 0

    package init(maximumRunning: Int, maximumPerTarget: Int, maximumWaiting: Int) {
        precondition(maximumRunning > 0 && maximumPerTarget > 0, "at least one check may run")
        (self.maximumRunning, self.maximumPerTarget) = (maximumRunning, maximumPerTarget)
        self.maximumWaiting = maximumWaiting
    }

    package mutating func admit(_ check: Check) -> Decision {
        guard !monitors.contains(check.monitorID) else { return .drop(.overlap) }
        if running < maximumRunning, (targets[check.targetKey]?.running ?? 0) < maximumPerTarget {
            begin(check)
            return .start
        }
        guard waiting < maximumWaiting else { return .drop(.overloaded) }
        monitors.insert(check.monitorID)
        waiting += 1
        if (targets[check.targetKey]?.running ?? 0) >= maximumPerTarget {
            targets[check.targetKey, default: Target()].waiting.append(check)
        } else {
            ready.append(check)
        }
        return .wait
    }

    /// Notes the end of a check; the waiting ones that may start now, and those whose time is over.
    package mutating func finish(_ check: Check, now: Timestamp) -> (start: [Check], expired: [Check]) {
        running -= 1
        monitors.remove(check.monitorID)
        release(check.targetKey)
        var started: [Check] = []
        var expired: [Check] = []
        while running < maximumRunning, let next = ready.popFirst() {
            waiting -= 1
            if next.expiresAt <= now {
                monitors.remove(next.monitorID)
                expired.append(next)
                release(next.targetKey, ended: false)
            } else if (targets[next.targetKey]?.running ?? 0) >= maximumPerTarget {
                waiting += 1
                targets[next.targetKey, default: Target()].waiting.append(next)
            } else {
                begin(next)
                started.append(next)
            }
        }
        return (started, expired)
    }

    /// Forgets every waiting check; nothing starts any more when the running ones finish.
    package mutating func dropWaiting() {
        while let check = ready.popFirst() { monitors.remove(check.monitorID) }
        for key in targets.keys {
            while let check = targets[key]?.waiting.popFirst() { monitors.remove(check.monitorID) }
        }
        waiting = 0
    }

    private mutating func begin(_ check: Check) {
        running += 1
        monitors.insert(check.monitorID)
        targets[check.targetKey, default: Target()].running += 1
    }

    /// Lets the next check that waits for this target compete for a place.
    private mutating func release(_ key: UInt64, ended: Bool = true) {
        guard var target = targets[key] else { return }
        if ended { target.running -= 1 }
        if let next = target.waiting.popFirst() { ready.append(next) }
        targets[key] = target.running == 0 && target.waiting.isEmpty ? nil : target
    }
}

/// What admission needs to know of a check.
package protocol AdmissibleCheck: Sendable {
    var monitorID: MonitorID { get }
    /// Equal for checks of the same scheme, host and port.
    var targetKey: UInt64 { get }
    var expiresAt: Timestamp { get }
}
