package import Base

/// When a monitor or rule is due: at `k·interval + (hash(id) mod interval)`, in wall time.
///
/// It spreads the load without random jitter, and gives the same instants on every node and after a restart.
package struct SlotRule: Sendable, Equatable {
    /// Milliseconds, positive.
    package let interval: Int64
    /// Milliseconds, from 0 up to the interval.
    package let offset: Int64

    package init(id: MonitorID, interval: Duration) { self.init(number: id.rawValue, interval) }

    package init(id: AlertRuleID, interval: Duration) { self.init(number: id.rawValue, interval) }

    private init(number: Int64, _ interval: Duration) {
        self.interval = interval.wholeMilliseconds
        precondition(self.interval > 0, "an interval is positive")
        offset = Int64(mix64(UInt64(bitPattern: number)) % UInt64(self.interval))
    }

    /// The first due instant at or after `time`.
    package func next(atOrAfter time: Timestamp) -> Timestamp {
        let since = time.milliseconds - offset
        let (quotient, remainder) = since.quotientAndRemainder(dividingBy: interval)
        let slot = remainder > 0 ? quotient + 1 : quotient
        return Timestamp(milliseconds: slot * interval + offset)
    }
}
