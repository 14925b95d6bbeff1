package import Base

/// A stored result in its stored numbers, for replays of millions of results.
package struct StoredCheck: Sendable, Equatable {
    /// The due time in milliseconds since 1970.
    package var due: Int64
    /// The raw value of its region.
    package var region: Int64
    /// The raw value of its reason; 0 for a success.
    package var reason: Int64
    /// Microseconds.
    package var latency: Int64
    /// The number of its observation within the monitor; 0 for none.
    package var observation: Int64

    package init(due: Int64, region: Int64 = 0, reason: Int64 = 0, latency: Int64 = 0, observation: Int64 = 0) {
        (self.due, self.region, self.reason) = (due, region, reason)
        // Stored values may be damaged.
        (self.latency, self.observation) = (min(max(0, latency), 1_000_000_000_000), observation)
    }

    package var isSuccess: Bool { reason == 0 }
    package var scheduledAt: Timestamp { Timestamp(milliseconds: due) }

    /// The reason; nil for a success or an unknown number.
    package var failure: Reason? { UInt8(exactly: reason).flatMap(Reason.init(rawValue:)) }

    var summary: CheckSummary {
        CheckSummary(
            isSuccess: isSuccess,
            latency: .microseconds(latency),
            scheduledAt: scheduledAt,
            region: RegionID(rawValue: UInt16(clamping: region))
        )
    }
}
