import Base
package import Domain

/// How many monitors there are in which state, for metrics.
package final class MonitorCounts: Sendable {
    private let counts = Locked<[MonitorState: Int]>([:])

    package init() {}

    package subscript(state: MonitorState) -> Int { counts.withLock { $0[state] ?? 0 } }

    func set(_ states: MonitorStates) {
        let new = states.counts
        counts.withLock { $0 = new }
    }
}
