package import Base

/// A stored result in the plain numbers that it is stored in, for replays of millions of them.
package struct StoredCheck: Sendable, Equatable {
    /// When it was due, milliseconds since 1970.
    package var due: Int64
    /// The raw value of its region.
    package var region: Int64
    /// The raw value of why it failed; 0 for a success.
    package var reason: Int64
    /// Microseconds.
    package var latency: Int64
    /// The number of what was observed beside, within its monitor; 0 for nothing.
    package var observation: Int64

    package init(due: Int64, region: Int64 = 0, reason: Int64 = 0, latency: Int64 = 0, observation: Int64 = 0) {
        (self.due, self.region, self.reason) = (due, region, reason)
        // What is stored may be damaged.
        (self.latency, self.observation) = (min(max(0, latency), 1_000_000_000_000), observation)
    }

    package var isSuccess: Bool { reason == 0 }
    package var scheduledAt: Timestamp { Timestamp(milliseconds: due) }

    /// Why it failed; nil for a success, and for a number that stands for no reason.
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
