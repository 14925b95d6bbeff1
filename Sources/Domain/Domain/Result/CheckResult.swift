package import Base

/// The result of one check.
package struct CheckResult: Sendable, Equatable {
    package var monitorID: MonitorID
    package var region: RegionID
    /// The name of the region; nil for a result from the store, which has the number alone.
    package var regionName: RegionName?
    /// The due time of the check; with monitor and region the result's identity.
    package var scheduledAt: Timestamp
    /// The actual start.
    package var checkedAt: Timestamp
    package var outcome: Outcome
    /// The task of a check on demand.
    package var taskID: String?
    /// The revision of the monitor at the check.
    package var revision: Int64
    /// The kind of the check; nil for a result from the store, where the monitor knows it.
    package var kind: KindReference?
    /// The requested URL, which the monitor may have changed since; nil when it was not recorded.
    package var url: String?

    package init(
        monitorID: MonitorID,
        region: RegionID,
        scheduledAt: Timestamp,
        checkedAt: Timestamp,
        outcome: Outcome,
        taskID: String? = nil,
        revision: Int64 = 0,
        url: String? = nil,
        kind: (any CheckKind.Type)? = nil,
        regionName: RegionName? = nil
    ) {
        (self.monitorID, self.region, self.regionName) = (monitorID, region, regionName)
        (self.scheduledAt, self.checkedAt) = (scheduledAt, checkedAt)
        (self.outcome, self.taskID, self.revision, self.url) = (outcome, taskID, revision, url)
        self.kind = kind.map(KindReference.init)
    }

    /// The result's id: unique and ascending in time within one monitor, below 2^53.
    package var id: Int64 { Self.id(scheduledAt: scheduledAt, region: region) }

    package static func id(scheduledAt: Timestamp, region: RegionID) -> Int64 {
        scheduledAt.milliseconds * 1000 + Int64(region.rawValue)
    }
}

/// A reference to a kind of check that can be compared.
package struct KindReference: Sendable, Equatable {
    package let type: any CheckKind.Type
    package init(_ type: any CheckKind.Type) { self.type = type }
    package static func == (left: KindReference, right: KindReference) -> Bool { left.type == right.type }
}
