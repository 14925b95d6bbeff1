package import Base

/// The parts of a check's outcome that a verdict needs.
package struct CheckSummary: Sendable, Equatable {
    package var isSuccess: Bool
    package var latency: Duration
    /// The due time of the check; orders the checks of a region.
    package var scheduledAt: Timestamp
    package var region: RegionID

    package init(isSuccess: Bool, latency: Duration, scheduledAt: Timestamp, region: RegionID) {
        (self.isSuccess, self.latency) = (isSuccess, latency)
        (self.scheduledAt, self.region) = (scheduledAt, region)
    }

    package init(_ result: CheckResult) {
        self.init(
            isSuccess: result.outcome.isSuccess,
            latency: result.outcome.latency,
            scheduledAt: result.scheduledAt,
            region: result.region
        )
    }
}
