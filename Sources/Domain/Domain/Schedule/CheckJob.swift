package import Base

/// One check to run, self-contained: a worker needs nothing else.
package struct CheckJob: Sendable, Equatable {
    package var monitorID: MonitorID
    /// The monitor's revision; the job is stale once a newer one is known.
    package var revision: Int64
    package var region: Region
    package var scheduledAt: Timestamp
    /// A job that has not started by then is dropped and counted, never run late.
    package var expiresAt: Timestamp
    package var spec: CheckSpec
    /// The task that requested it; nil for a scheduled job.
    package var taskID: String?

    package init(
        monitorID: MonitorID,
        revision: Int64,
        region: Region,
        scheduledAt: Timestamp,
        expiresAt: Timestamp,
        spec: CheckSpec,
        taskID: String? = nil
    ) {
        (self.monitorID, self.revision, self.region) = (monitorID, revision, region)
        (self.scheduledAt, self.expiresAt) = (scheduledAt, expiresAt)
        (self.spec, self.taskID) = (spec, taskID)
    }
}

/// Notifies every role that a monitor was created, changed, paused or deleted.
package enum MonitorEvent: Sendable, Equatable {
    /// Carries the complete new state.
    case changed(Monitor)
    case deleted(MonitorID)

    package var monitorID: MonitorID {
        switch self {
        case .changed(let monitor): monitor.id
        case .deleted(let id): id
        }
    }
}

/// Requests checks outside of the slots, because the last result must be confirmed.
package struct Confirmation: Sendable, Equatable {
    package var monitorID: MonitorID
    package var at: Timestamp
    /// The regions that check; empty for all of the monitor's.
    package var regions: [RegionName]

    package init(monitorID: MonitorID, at: Timestamp, regions: [RegionName] = []) {
        (self.monitorID, self.at, self.regions) = (monitorID, at, regions)
    }
}
