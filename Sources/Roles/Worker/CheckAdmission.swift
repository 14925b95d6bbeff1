package import Base
package import Domain
package import Pipeline

/// Decides which due checks may start: not two of one monitor, not too many at once, not too many on one target.
///
/// Targets share the places: those with waiting checks take turns, and some places are reserved for targets that
/// answer, so that targets that do not answer delay only their own checks, however many they are. Every operation takes
/// constant time.
package struct CheckAdmission<Check: AdmissibleCheck> {
    /// What to do with a due check.
    package enum Decision: Sendable, Equatable {
        case start
        /// `finish` returns it when there is room, or `takeEvicted` when there is none for too long.
        case wait
        case drop(SkipReason)
    }

    /// One target's state; an object, so that its queue is changed in place.
    private final class Target {
        let key: UInt64
        var running = 0
        var line = RingBuffer<Check>()
        /// Whether it is in the queue of targets.
        var isQueued = false
        /// Whether its last check got an answer or ran out of time; nil before the first.
        var answers: Bool?

        init(key: UInt64) { self.key = key }
    }

    private var maximumRunning: Int
    private let maximumPerTarget: Int
    private let maximumWaiting: Int
    /// The places that targets which do not answer must leave free.
    private var reserved: Int { maximumRunning / 4 }
    /// How many of the reserved places a target may use of which nothing is known yet.
    private static var benefitOfDoubt: Int { 16 }
    /// How many targets that do not answer are remembered while none of their checks runs.
    private static var memory: Int { 100_000 }
    /// How many expired checks one call removes from one queue, so that no call takes long.
    private static var sweep: Int { 256 }

    private let overlap: OverlapGuard
    private var targets: [UInt64: Target] = [:]
    /// Targets without running or waiting checks whose last check ran out of time.
    private var silent: Set<UInt64> = []
    /// Targets with waiting checks and room for one more, in turn.
    private var targetQueue = RingBuffer<Target>()
    /// Targets that do not answer have a queue of their own, for the places that they may use.
    private var silentQueue = RingBuffer<Target>()
    /// A target with nearly the longest queue: it gives way when no more checks may wait.
    private var longest: Target?
    private var evicted: [Check] = []
    package private(set) var running = 0
    package private(set) var waiting = 0

    /// `overlap` is shared by all workers that may get checks of the same monitors.
    package init(
        maximumRunning: Int,
        maximumPerTarget: Int,
        maximumWaiting: Int,
        overlap: OverlapGuard = OverlapGuard()
    ) {
        precondition(maximumRunning > 0 && maximumPerTarget > 0, "at least one check may run")
        self.maximumRunning = maximumRunning
        self.maximumPerTarget = maximumPerTarget
        self.maximumWaiting = maximumWaiting
        self.overlap = overlap
    }

    package mutating func admit(_ check: Check) -> Decision {
        guard overlap.enter(check.monitorID) else { return .drop(.overlap) }
        let target = target(check.targetKey)
        if target.line.isEmpty, hasPlace(target) {
            begin(target)
            return .start
        }
        guard waiting < maximumWaiting || evict(for: target) else {
            overlap.leave(check.monitorID)
            forget(target)
            return .drop(.overloaded)
        }
        target.line.append(check)
        waiting += 1
        if target.line.count > longest?.line.count ?? 0 { longest = target }
        queue(target)
        return .wait
    }

    /// Whether a check of the target could start or wait if it were due now.
    package func hasRoom(for key: UInt64) -> Bool {
        // A target with nothing waiting may use a place.
        guard waiting >= maximumWaiting, let longest, let line = targets[key]?.line, !line.isEmpty else { return true }
        return longest.line.count > line.count + 1
    }

    /// Waiting checks that gave way to those of targets with shorter queues.
    package mutating func takeEvicted() -> [Check] {
        guard !evicted.isEmpty else { return [] }
        defer { evicted = [] }
        return evicted
    }

    /// Notes the end of a check; returns the waiting checks that may start now, and the expired ones.
    ///
    /// `answered` is false for a check that ran out of time: its target may not use reserved places.
    package mutating func finish(
        _ check: Check,
        answered: Bool = true,
        now: Timestamp
    ) -> (start: [Check], expired: [Check]) {
        let target = target(check.targetKey)
        running -= 1
        target.running -= 1
        target.answers = answered
        overlap.leave(check.monitorID)
        queue(target)
        let next = startWaiting(now: now)
        forget(target)
        return next
    }

    /// Changes how many checks may run at once; returns the waiting checks that may start now, and the expired ones.
    ///
    /// Running checks go on when there are more than that.
    package mutating func resize(maximumRunning: Int, now: Timestamp) -> (start: [Check], expired: [Check]) {
        precondition(maximumRunning > 0, "at least one check may run")
        self.maximumRunning = maximumRunning
        return startWaiting(now: now)
    }

    private mutating func startWaiting(now: Timestamp) -> (start: [Check], expired: [Check]) {
        var started: [Check] = []
        var expired: [Check] = []
        while let next = nextTarget() {
            if let check = takeFirst(of: next, now: now, &expired) {
                begin(next)
                started.append(check)
            }
            queue(next)
            forget(next)
        }
        return (started, expired)
    }

    /// Drops every waiting check; nothing starts any more when the running ones finish.
    package mutating func dropWaiting() {
        for target in targets.values {
            while let check = target.line.popFirst() { overlap.leave(check.monitorID) }
            target.isQueued = false
        }
        targetQueue = RingBuffer()
        silentQueue = RingBuffer()
        longest = nil
        waiting = 0
    }

    // MARK: Places

    private func hasPlace(_ target: Target) -> Bool {
        guard running < maximumRunning, target.running < maximumPerTarget else { return false }
        if running < maximumRunning - reserved { return true }
        switch target.answers {
        case true?: return true
        case false?: return false
        case nil: return target.running < Self.benefitOfDoubt
        }
    }

    private mutating func begin(_ target: Target) {
        running += 1
        target.running += 1
    }

    /// The next target whose first waiting check may start; nil when there is none, or no place.
    private mutating func nextTarget() -> Target? {
        for _ in 0..<targetQueue.count {
            guard running < maximumRunning, let target = targetQueue.popFirst() else { return nil }
            target.isQueued = false
            if target.line.isEmpty { continue }
            if hasPlace(target) { return target }
            // It has stopped answering, or used up its benefit of doubt: it waits with the targets that do not answer.
            guard target.running < maximumPerTarget else { continue }
            target.isQueued = true
            silentQueue.append(target)
        }
        guard running < maximumRunning - reserved else { return nil }
        while let target = silentQueue.popFirst() {
            target.isQueued = false
            if !target.line.isEmpty, target.running < maximumPerTarget { return target }
        }
        return nil
    }

    /// Queues a target when it has waiting checks and room for one.
    private mutating func queue(_ target: Target) {
        guard !target.isQueued, !target.line.isEmpty, target.running < maximumPerTarget else { return }
        target.isQueued = true
        if target.answers == false { silentQueue.append(target) } else { targetQueue.append(target) }
    }

    private mutating func takeFirst(of target: Target, now: Timestamp, _ expired: inout [Check]) -> Check? {
        for _ in 0..<Self.sweep {
            guard let check = target.line.popFirst() else { return nil }
            waiting -= 1
            if check.expiresAt > now { return check }
            overlap.leave(check.monitorID)
            expired.append(check)
        }
        return nil
    }

    // MARK: Lines

    /// Makes room by removing the oldest check of the longest queue, if that is longer than the target's.
    private mutating func evict(for target: Target) -> Bool {
        guard let longest, longest.line.count > target.line.count + 1, let check = longest.line.popFirst() else {
            return false
        }
        waiting -= 1
        overlap.leave(check.monitorID)
        evicted.append(check)
        return true
    }

    private mutating func target(_ key: UInt64) -> Target {
        if let known = targets[key] { return known }
        let made = Target(key: key)
        if silent.remove(key) != nil { made.answers = false }
        targets[key] = made
        return made
    }

    /// Drops the state of a target without checks, but remembers that it does not answer.
    private mutating func forget(_ target: Target) {
        guard target.running == 0, target.line.isEmpty, !target.isQueued else { return }
        targets[target.key] = nil
        if longest === target { longest = nil }
        guard target.answers == false, silent.count < Self.memory else { return }
        silent.insert(target.key)
    }
}

/// Keeps a monitor from being checked twice at once by any event loop of a worker.
package final class OverlapGuard: Sendable {
    private let monitors = Locked<Set<MonitorID>>([])

    package init() {}

    /// False when a check of the monitor is already waiting or running.
    func enter(_ monitor: MonitorID) -> Bool { monitors.withLock { $0.insert(monitor).inserted } }
    func leave(_ monitor: MonitorID) { monitors.withLock { _ = $0.remove(monitor) } }
}

/// What admission needs to know of a check.
package protocol AdmissibleCheck: Sendable {
    var monitorID: MonitorID { get }
    /// Equal for checks of the same scheme, host and port.
    var targetKey: UInt64 { get }
    var expiresAt: Timestamp { get }
}
