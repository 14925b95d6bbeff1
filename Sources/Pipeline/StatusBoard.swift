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
        var up = 0
    }
    private let state = Locked(State())

    package init() {}

    package var upCount: Int { state.withLock { $0.up } }
    package var count: Int { state.withLock { $0.entries.count } }
    package func entry(_ id: MonitorID) -> Entry? { state.withLock { $0.entries[id] } }

    /// Takes up stored states at start; what is known already is newer and stays.
    package func restore(_ statuses: [MonitorStatus]) {
        state.withLock { state in
            for status in statuses where state.entries[status.monitorID] == nil && status.state != .unknown {
                state.entries[status.monitorID] = Entry(
                    state: status.state,
                    since: status.since,
                    scheduledAt: status.scheduledAt,
                    reason: status.reason
                )
                if status.state == .up { state.up += 1 }
            }
        }
    }

    package func remove(_ id: MonitorID) {
        state.withLock { state in
            if state.entries.removeValue(forKey: id)?.state == .up { state.up -= 1 }
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
                state.entries[result.monitorID] = Entry(
                    state: new,
                    since: since,
                    scheduledAt: result.scheduledAt,
                    checkedAt: result.checkedAt,
                    latency: result.outcome.latency,
                    statusCode: result.outcome.statusCode,
                    reason: result.outcome.failure?.reason
                )
                guard old?.state != new else { continue }
                state.up += (new == .up ? 1 : 0) - (old?.state == .up ? 1 : 0)
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
