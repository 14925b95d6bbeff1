/// A check object of a prober, reused for another check after it has ended.
package protocol PooledProbe: AnyObject {
    /// Identifies the running check; set by the pool.
    var token: ProbeToken { get set }
    /// Cancels the running check, which completes with `internal_error` before this returns.
    func cancel()
    /// Releases everything without completing.
    func abandon()
}

/// The checks of a prober: the running ones, found by their token, and idle ones for reuse.
///
/// Starting, ending and finding a check cost the same with ten checks as with ten thousand.
package struct ProbePool<Probe: PooledProbe> {
    private struct Slot {
        let probe: Probe
        /// The number of started checks; the upper part of a token.
        var generation: UInt64 = 0
        var isRunning = false
    }

    private var slots: [Slot] = []
    private var idle: [Int] = []
    /// The number of running checks.
    package private(set) var runningCount = 0

    package init() {}

    /// A check object with a new token.
    package mutating func acquire(_ make: () -> Probe) -> Probe {
        let index: Int
        if let known = idle.popLast() {
            index = known
        } else {
            index = slots.count
            slots.append(Slot(probe: make()))
        }
        slots[index].generation += 1
        slots[index].isRunning = true
        runningCount += 1
        let probe = slots[index].probe
        probe.token = ProbeToken(number: slots[index].generation << Self.indexWidth | UInt64(index))
        return probe
    }

    /// Returns an ended check to the pool.
    package mutating func release(_ probe: Probe) {
        let index = Self.index(probe.token)
        guard isRunning(probe.token) else { return }
        slots[index].isRunning = false
        runningCount -= 1
        idle.append(index)
    }

    /// The running check with a token; nil when it has ended.
    package func probe(of token: ProbeToken) -> Probe? {
        isRunning(token) ? slots[Self.index(token)].probe : nil
    }

    /// Every running check.
    package var running: [Probe] { slots.filter(\.isRunning).map(\.probe) }

    private static var indexWidth: UInt64 { 24 }
    private static func index(_ token: ProbeToken) -> Int { Int(token.number & (1 << indexWidth - 1)) }

    private func isRunning(_ token: ProbeToken) -> Bool {
        let index = Self.index(token)
        guard index < slots.count else { return false }
        return slots[index].isRunning && slots[index].generation == token.number >> Self.indexWidth
    }
}
