import CLinux

/// An instant of the monotonic clock: nanoseconds since an arbitrary start, comparable within one process.
package struct MonotonicTime: Sendable, Hashable, Comparable {
    package var nanoseconds: Int64

    package init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

    /// The current monotonic time.
    package static var now: MonotonicTime { MonotonicTime(nanoseconds: CLinux_monotonic_nanoseconds()) }

    package static func < (left: MonotonicTime, right: MonotonicTime) -> Bool { left.nanoseconds < right.nanoseconds }
    /// Saturates at the bounds of 64 bits, 292 years away.
    package static func + (left: MonotonicTime, right: Duration) -> MonotonicTime {
        MonotonicTime(nanoseconds: left.nanoseconds.addingSaturated(right.wholeNanoseconds))
    }
    package static func - (left: MonotonicTime, right: MonotonicTime) -> Duration {
        .nanoseconds(left.nanoseconds.subtractingSaturated(right.nanoseconds))
    }
}
