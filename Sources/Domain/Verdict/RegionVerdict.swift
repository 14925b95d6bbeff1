package import Base

/// What one region makes of a monitor, check by check.
package struct RegionVerdict: Sendable, Equatable {
    /// What the checks from a region say together.
    package enum View: String, Sendable, CaseIterable {
        /// No check since the beginning.
        case unknown
        case up
        /// Up, but slow.
        case degraded
        /// Failing, and not yet often enough.
        case pending
        case down
    }

    package private(set) var view = View.unknown
    /// When the latest check was due; one not newer is ignored.
    package private(set) var scheduledAt: Timestamp?
    /// The view before failures began to be confirmed.
    private var settled = View.unknown
    private var failuresInRow = 0
    private var successesInRow = 0
    private var slowInRow = 0
    private var quickInRow = 0
    /// The latest checks, the newest in the lowest bit; set for a failure.
    private var recent: UInt64 = 0

    package init() {}

    /// Whether the next check is wanted soon: a failure or a recovery is being confirmed.
    package var isConfirming: Bool { view == .pending || (view == .down && successesInRow > 0) }

    /// Takes a check's outcome; false when it is not newer than the last one.
    package mutating func apply(_ observation: Observation, _ rule: VerdictRule) -> Bool {
        if let scheduledAt, observation.scheduledAt <= scheduledAt { return false }
        scheduledAt = observation.scheduledAt
        recent = recent << 1 | (observation.isSuccess ? 0 : 1)
        if observation.isSuccess { succeed(observation.latency, rule) } else { fail(rule) }
        return true
    }

    private mutating func fail(_ rule: VerdictRule) {
        failuresInRow += 1
        (successesInRow, slowInRow, quickInRow) = (0, 0, 0)
        guard view != .down else { return }
        if view != .pending { settled = view }
        view = failuresInRow > rule.retries || isFlapping(rule) ? .down : .pending
    }

    private mutating func succeed(_ latency: Duration, _ rule: VerdictRule) {
        successesInRow += 1
        failuresInRow = 0
        let isSlow = rule.degradedAbove.map { latency > $0 } ?? false
        (slowInRow, quickInRow) = isSlow ? (slowInRow + 1, 0) : (0, quickInRow + 1)
        switch view == .pending ? settled : view {
        case .down: if successesInRow >= rule.recoveries, !isFlapping(rule) { view = isSlow ? .degraded : .up }
        case .degraded: view = quickInRow >= rule.recoveries ? .up : .degraded
        case .unknown, .pending, .up: view = slowInRow > rule.retries ? .degraded : .up
        }
    }

    private func isFlapping(_ rule: VerdictRule) -> Bool {
        guard let share = rule.failures else { return false }
        let mask = share.of == 64 ? UInt64.max : 1 << UInt64(share.of) - 1
        return (recent & mask).nonzeroBitCount >= share.count
    }
}

/// One check's outcome, as far as a verdict needs it.
package struct Observation: Sendable, Equatable {
    package var isSuccess: Bool
    package var latency: Duration
    /// When the check was due; orders the checks of a region.
    package var scheduledAt: Timestamp
    package var region: RegionID

    package init(isSuccess: Bool, latency: Duration, scheduledAt: Timestamp, region: RegionID) {
        (self.isSuccess, self.latency) = (isSuccess, latency)
        (self.scheduledAt, self.region) = (scheduledAt, region)
    }
}
