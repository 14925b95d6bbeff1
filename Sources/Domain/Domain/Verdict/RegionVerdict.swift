package import Base

/// What one region makes of a monitor, check by check.
package struct RegionVerdict: Sendable, Equatable {
    /// What the checks from a region say together.
    package enum View: UInt8, Sendable, CaseIterable {
        /// No check since the beginning.
        case unknown
        case up
        /// Up, but slow.
        case degraded
        /// Failing, and not yet often enough.
        case pending
        case down
    }

    package internal(set) var view = View.unknown
    /// When the latest check was due; one not newer is ignored.
    package internal(set) var scheduledAt: Timestamp?
    // Only what still matters is counted, and no further than it matters: a monitor that goes on as it is remembers
    // the same thing, and need not be stored again.
    var memory = Memory()

    /// What is remembered of earlier checks.
    struct Memory: Sendable, Equatable {
        /// The view before failures began to be confirmed.
        var settled = View.unknown
        var failuresInRow: UInt8 = 0
        var successesInRow: UInt8 = 0
        var slowInRow: UInt8 = 0
        var quickInRow: UInt8 = 0
        /// The latest checks as far as the rule looks, the newest in the lowest bit; set for a failure.
        var recent: UInt64 = 0
    }

    package init() {}

    /// A view that nothing speaks against.
    package init(_ view: View, scheduledAt: Timestamp?) { (self.view, self.scheduledAt) = (view, scheduledAt) }

    /// Whether the next check is wanted soon: a failure or a recovery is being confirmed.
    package var isConfirming: Bool { view == .pending || (view == .down && memory.successesInRow > 0) }

    /// Whether it is up and remembers nothing that a further quick success could change.
    var isCalm: Bool { view == .up && memory == Memory() }

    /// Takes a check's outcome; false when it is not newer than the last one.
    package mutating func apply(_ check: CheckSummary, _ rule: VerdictRule) -> Bool {
        if let scheduledAt, check.scheduledAt <= scheduledAt { return false }
        scheduledAt = check.scheduledAt
        memory.recent = (memory.recent << 1 | (check.isSuccess ? 0 : 1)) & rule.window
        if check.isSuccess { succeed(check.latency, rule) } else { fail(rule) }
        forget()
        return true
    }

    private mutating func fail(_ rule: VerdictRule) {
        memory.failuresInRow = min(memory.failuresInRow + 1, 254)
        (memory.successesInRow, memory.slowInRow, memory.quickInRow) = (0, 0, 0)
        guard view != .down else { return }
        if view != .pending { memory.settled = view }
        view = Int(memory.failuresInRow) > rule.retries || isFlapping(rule) ? .down : .pending
    }

    private mutating func succeed(_ latency: Duration, _ rule: VerdictRule) {
        memory.successesInRow = min(memory.successesInRow + 1, 254)
        memory.failuresInRow = 0
        let isSlow = rule.degradedAbove.map { latency > $0 } ?? false
        memory.slowInRow = isSlow ? min(memory.slowInRow + 1, 254) : 0
        memory.quickInRow = isSlow ? 0 : min(memory.quickInRow + 1, 254)
        switch view == .pending ? memory.settled : view {
        case .down:
            if memory.successesInRow >= rule.recoveries, !isFlapping(rule) { view = isSlow ? .degraded : .up }
        case .degraded: view = memory.quickInRow >= rule.recoveries ? .up : .degraded
        case .unknown, .pending, .up: view = Int(memory.slowInRow) > rule.retries ? .degraded : .up
        }
    }

    private func isFlapping(_ rule: VerdictRule) -> Bool {
        guard let share = rule.failures else { return false }
        return memory.recent.nonzeroBitCount >= share.count
    }

    /// Drops the counts that the view makes pointless.
    private mutating func forget() {
        if view != .pending { (memory.settled, memory.failuresInRow) = (.unknown, 0) }
        if view != .down { memory.successesInRow = 0 }
        if view != .degraded { memory.quickInRow = 0 }
        if view != .up { memory.slowInRow = 0 }
    }
}
