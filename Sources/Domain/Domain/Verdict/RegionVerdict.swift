package import Base

/// One region's view of a monitor, updated check by check.
package struct RegionVerdict: Sendable, Equatable {
    /// The combined meaning of the checks from a region.
    package enum View: UInt8, Sendable, CaseIterable {
        /// No check since the beginning.
        case unknown
        case up
        /// Up, but slow.
        case degraded
        /// Failing, but not often enough yet.
        case pending
        case down
    }

    package internal(set) var view = View.unknown
    /// The due time of the latest check; one that is not newer is ignored.
    package internal(set) var scheduledAt: Timestamp?
    /// Whether nothing was heard from the region for too long.
    package internal(set) var isSilent = false
    // Only relevant checks are counted, and only as far as they matter: a monitor whose state does not change keeps the
    // same memory, and need not be stored again.
    var memory = Memory()

    /// What is remembered of earlier checks.
    struct Memory: Sendable, Equatable {
        /// The view before failures began to be confirmed.
        var settled = View.unknown
        /// How many checks in a row contradict the view: counted failures while it is pending, successes while it is
        /// down, slow ones while it is up, fast ones while it is degraded.
        var inRow: UInt8 = 0
        /// The time from the last counted failure to the latest check in milliseconds; 0 unless the view is pending.
        var sinceCounted: UInt32 = 0
        /// The latest checks that the rule considers, the newest in the lowest bit; set for a failure.
        var recent: UInt64 = 0
    }

    package init() {}

    /// A view without contrary checks.
    package init(_ view: View, scheduledAt: Timestamp?) { (self.view, self.scheduledAt) = (view, scheduledAt) }

    /// Whether the next check should run soon, to confirm a failure or a recovery.
    package var isConfirming: Bool { view == .pending || (view == .down && memory.inRow > 0) }

    /// Whether the latest check must be confirmed; a failure that came too soon to count was already requested again.
    var wantsConfirmation: Bool { isConfirming && memory.sinceCounted == 0 }

    /// Whether it counts: it has checked, and not too long ago.
    package var isFresh: Bool { view != .unknown && !isSilent }

    /// Whether its latest check failed.
    var isFailing: Bool { view == .pending || (view == .down && memory.inRow == 0) }

    /// Whether it is up and remembers nothing that a further quick success could change.
    var isCalm: Bool { view == .up && memory == Memory() && !isSilent }

    /// How many of the latest checks failed, where that speaks for down and failures in a row do not.
    func flapping(_ rule: VerdictRule) -> Int? {
        guard let share = rule.failures else { return nil }
        let failures = memory.recent.nonzeroBitCount
        let inRow = (~memory.recent).trailingZeroBitCount
        return failures >= share.count && inRow <= rule.retries ? failures : nil
    }

    /// Takes a check's outcome; false when it is not newer than the last one.
    package mutating func apply(_ check: CheckSummary, _ rule: VerdictRule) -> Bool {
        if let scheduledAt, check.scheduledAt <= scheduledAt { return false }
        let step = scheduledAt.map { check.scheduledAt - $0 } ?? .zero
        scheduledAt = check.scheduledAt
        memory.recent = (memory.recent << 1 | (check.isSuccess ? 0 : 1)) & rule.window
        if check.isSuccess { succeed(check.latency, rule) } else { fail(after: step, rule) }
        return true
    }

    /// Handles a failure; while failures are being confirmed, one counts only if the retry interval has passed since
    /// the last counted failure.
    private mutating func fail(after step: Duration, _ rule: VerdictRule) {
        switch view {
        case .down: return memory.inRow = 0
        case .pending:
            let elapsed = Duration.milliseconds(Int64(memory.sinceCounted)) + step
            if let interval = rule.retryInterval, elapsed < interval {
                // Zero would mean that it counted.
                memory.sinceCounted = UInt32(clamping: max(1, elapsed.wholeMilliseconds))
            } else {
                (memory.inRow, memory.sinceCounted) = (Self.next(memory.inRow), 0)
            }
        case .unknown, .up, .degraded: memory = Memory(settled: view, inRow: 1, recent: memory.recent)
        }
        view = .pending
        if Int(memory.inRow) > rule.retries || isFlapping(rule) { settle(.down, inRow: 0) }
    }

    private mutating func succeed(_ latency: Duration, _ rule: VerdictRule) {
        let isSlow = rule.degradedAbove.map { latency > $0 } ?? false
        switch view == .pending ? memory.settled : view {
        case .down:
            let successes = Self.next(count(as: .down))
            if successes >= rule.recoveries, !isFlapping(rule) {
                // The slow success that ends an outage is the first of its kind, and so is the fast one.
                settle(isSlow ? .degraded : .up, inRow: 0)
            } else {
                settle(.down, inRow: successes)
            }
        case .degraded:
            let quick = isSlow ? 0 : Self.next(count(as: .degraded))
            settle(quick >= rule.recoveries ? .up : .degraded, inRow: quick >= rule.recoveries ? 0 : quick)
        case .unknown, .pending, .up:
            let slow = isSlow ? Self.next(count(as: .up)) : 0
            settle(Int(slow) > rule.retries ? .degraded : .up, inRow: Int(slow) > rule.retries ? 0 : slow)
        }
    }

    /// The number of checks in a row for a view; 0 when the last check was of another view.
    private func count(as wanted: View) -> UInt8 { view == wanted ? memory.inRow : 0 }

    private mutating func settle(_ next: View, inRow: UInt8) {
        view = next
        memory = Memory(inRow: inRow, recent: memory.recent)
    }

    private static func next(_ count: UInt8) -> UInt8 { min(count, 253) + 1 }

    private func isFlapping(_ rule: VerdictRule) -> Bool {
        guard let share = rule.failures else { return false }
        return memory.recent.nonzeroBitCount >= share.count
    }
}
