package import Base
package import Domain

/// The state of one monitor and the result that caused it.
package struct MonitorStatus: Sendable, Equatable {
    package var monitorID: MonitorID
    package var state: MonitorState
    /// When the state began.
    package var since: Timestamp
    /// When the check whose result changed the state was due.
    package var scheduledAt: Timestamp
    /// Why the monitor is down; nil otherwise.
    package var reason: Reason?
    /// The rest of the verdict (`MonitorVerdict.stored`); nil when the state says everything.
    package var verdict: JSONValue?

    /// A state with its cause.
    package init(
        monitorID: MonitorID,
        state: MonitorState,
        since: Timestamp,
        scheduledAt: Timestamp,
        reason: Reason? = nil,
        verdict: JSONValue? = nil
    ) {
        (self.monitorID, self.state, self.since) = (monitorID, state, since)
        (self.scheduledAt, self.reason, self.verdict) = (scheduledAt, reason, verdict)
    }
}

/// What the alerter needs of a stored monitor.
package struct StoredVerdict: Sendable, Equatable {
    package var status: MonitorStatus
    package var alerting: MonitorAlerting
    package var isActive: Bool
    /// Why a value could not be read and is left out; nil when all could be read.
    package var fault: String?
}
