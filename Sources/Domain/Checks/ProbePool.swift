/// A check of a prober, used again for another check after it ended.
package protocol PooledProbe: AnyObject {
    /// Names the check under way; set by the pool.
    var token: ProbeToken { get set }
    /// Ends the check under way, which completes with `internal_error` before this returns.
    func cancel()
    /// Lets go of everything without completing.
    func abandon()
}

/// The checks of a prober: those under way, found by their token, and those that wait to be used again.
///
/// Starting, ending and finding a check cost the same with ten of them as with ten thousand.
package struct ProbePool<Probe: PooledProbe> {
    private struct Slot {
        let probe: Probe
        /// How many checks it has made; the upper part of a token.
        var generation: UInt64 = 0
        var isRunning = false
    }

    private var slots: [Slot] = []
    private var idle: [Int] = []
    /// How many checks are under way.
    package private(set) var runningCount = 0

    package init() {}

    /// A check to begin, with a token of its own.
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

    /// Takes back a check that ended.
    package mutating func release(_ probe: Probe) {
        let index = Self.index(probe.token)
        guard isRunning(probe.token) else { return }
        slots[index].isRunning = false
        runningCount -= 1
        idle.append(index)
    }

    /// The check under way that a token names; nil when it ended.
    package func probe(of token: ProbeToken) -> Probe? {
        isRunning(token) ? slots[Self.index(token)].probe : nil
    }

    /// Every check under way.
    package var running: [Probe] { slots.filter(\.isRunning).map(\.probe) }

    private static var indexWidth: UInt64 { 24 }
    private static func index(_ token: ProbeToken) -> Int { Int(token.number & (1 << indexWidth - 1)) }

    private func isRunning(_ token: ProbeToken) -> Bool {
        let index = Self.index(token)
        guard index < slots.count else { return false }
        return slots[index].isRunning && slots[index].generation == token.number >> Self.indexWidth
    }
}
