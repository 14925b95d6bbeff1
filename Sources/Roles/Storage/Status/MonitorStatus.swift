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
    /// What else the verdict remembers (`MonitorVerdict.stored`); nil when the state says it all.
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

/// What is stored of a monitor for whoever judges it.
package struct StoredVerdict: Sendable, Equatable {
    package var status: MonitorStatus
    package var alerting: MonitorAlerting
    package var isActive: Bool
    /// What of it cannot be read, and is left out; nil when all can.
    package var fault: String?
}
