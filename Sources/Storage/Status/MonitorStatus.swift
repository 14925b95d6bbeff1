package import Base
package import Domain

/// The state of one monitor and the result that brought it about.
package struct MonitorStatus: Sendable, Equatable {
    package var monitorID: MonitorID
    package var state: MonitorState
    /// When the state began.
    package var since: Timestamp
    /// When the check whose result changed the state was due.
    package var scheduledAt: Timestamp
    /// Why it is down; nil otherwise.
    package var reason: Reason?

    /// A state with its cause.
    package init(
        monitorID: MonitorID,
        state: MonitorState,
        since: Timestamp,
        scheduledAt: Timestamp,
        reason: Reason? = nil
    ) {
        (self.monitorID, self.state, self.since) = (monitorID, state, since)
        (self.scheduledAt, self.reason) = (scheduledAt, reason)
    }
}
