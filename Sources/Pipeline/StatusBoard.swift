package import Base
package import Domain
package import Storage

/// The latest state of every monitor that was checked, in memory: what lists and live views show.
package final class StatusBoard: Sendable {
    /// The latest result of a monitor, in short.
    package struct Entry: Sendable, Equatable {
        package var state: MonitorState
        package var since: Timestamp
        /// When the latest check was due; a result not newer is ignored.
        package var scheduledAt: Timestamp
        package var checkedAt: Timestamp?
        package var latency: Duration?
        package var statusCode: Int?
        package var reason: Reason?
    }

    private struct State {
        var entries: [MonitorID: Entry] = [:]
        /// Paused monitors; those that are heard of by events are `known`, whatever the store says later.
        var paused: Set<MonitorID> = []
        var known: Set<MonitorID> = []
        /// How many are up and not paused.
        var up = 0

        func counts(_ id: MonitorID) -> Bool { entries[id]?.state == .up && !paused.contains(id) }

        /// Makes a change to a monitor and keeps the count.
        mutating func change(_ id: MonitorID, _ body: (inout State) -> Void) {
            let before = counts(id)
            body(&self)
            up += (counts(id) ? 1 : 0) - (before ? 1 : 0)
        }
    }
    private let state = Locked(State())

    package init() {}

    /// Active monitors whose latest check succeeded.
    package var upCount: Int { state.withLock { $0.up } }
    package var count: Int { state.withLock { $0.entries.count } }
    package func entry(_ id: MonitorID) -> Entry? { state.withLock { $0.entries[id] } }

    /// Takes up stored states at start; what is known already is newer and stays.
    package func restore(_ statuses: [MonitorStatus]) {
        state.withLock { state in
            for status in statuses where state.entries[status.monitorID] == nil && status.state != .unknown {
                let entry = Entry(
                    state: status.state,
                    since: status.since,
                    scheduledAt: status.scheduledAt,
                    reason: status.reason
                )
                state.change(status.monitorID) { $0.entries[status.monitorID] = entry }
            }
        }
    }

    /// Takes up which monitors are paused at start; what an event told is newer and stays.
    package func restorePaused(_ ids: [MonitorID]) {
        state.withLock { state in
            for id in ids where !state.known.contains(id) { state.change(id) { $0.paused.insert(id) } }
        }
    }

    /// Notes that a monitor is paused, or no longer.
    package func setPaused(_ id: MonitorID, _ isPaused: Bool) {
        state.withLock { state in
            state.known.insert(id)
            state.change(id) { if isPaused { $0.paused.insert(id) } else { $0.paused.remove(id) } }
        }
    }

    package func remove(_ id: MonitorID) {
        state.withLock { state in
            state.change(id) { ($0.entries[id], _) = (nil, $0.paused.remove(id)) }
            state.known.remove(id)
        }
    }

    /// Applies results in order; the states that changed, to be stored with them.
    package func apply(_ results: [CheckResult]) -> [MonitorStatus] {
        state.withLock { state in
            var changes: [MonitorStatus] = []
            for result in results {
                let old = state.entries[result.monitorID]
                if let old, result.scheduledAt <= old.scheduledAt { continue }
                let new: MonitorState = result.outcome.isSuccess ? .up : .down
                let since = old?.state == new ? old?.since ?? result.checkedAt : result.checkedAt
                let entry = Entry(
                    state: new,
                    since: since,
                    scheduledAt: result.scheduledAt,
                    checkedAt: result.checkedAt,
                    latency: result.outcome.latency,
                    statusCode: result.outcome.statusCode,
                    reason: result.outcome.failure?.reason
                )
                guard old?.state != new else {
                    state.entries[result.monitorID] = entry
                    continue
                }
                state.change(result.monitorID) { $0.entries[result.monitorID] = entry }
                changes.append(
                    MonitorStatus(
                        monitorID: result.monitorID,
                        state: new,
                        since: since,
                        scheduledAt: result.scheduledAt,
                        reason: result.outcome.failure?.reason
                    )
                )
            }
            return changes
        }
    }
}
