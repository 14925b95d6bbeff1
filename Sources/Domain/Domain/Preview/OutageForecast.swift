package import Base

/// The outages that a rule would have opened over a stretch of history.
package struct OutageForecast: Sendable, Equatable {
    /// An incident that would have been.
    package struct Outage: Sendable, Equatable {
        /// When the check was due that would have opened it.
        package var startedAt: Timestamp
        /// When the check was due that would have closed it; nil when it would still be open at the end.
        package var endedAt: Timestamp?
        /// Why the check failed that would have opened it, the last time where it came back.
        package var reason: Reason?
        /// From the first failure of those in a row that led to it.
        package var failedChecks: Int
        /// Whether it would have been degraded all the time, and never down.
        package var isDegraded = false
        /// How often it would have come back within the settle time.
        package var reopenings = 0
    }

    /// How many incidents; those that came back within the settle time count once.
    package internal(set) var count = 0
    /// How often people would have been notified of beginnings: incidents, their reopenings, and degraded ones that
    /// went down.
    package internal(set) var notifications = 0
    /// How long incidents would have been open, until the end of the stretch for one that still is.
    package internal(set) var downTime = Duration.zero
    /// The first of them, as many as the replay keeps.
    package internal(set) var outages: [Outage] = []

    package init() {}

    /// Whether there were more than are listed.
    package var isCut: Bool { outages.count < count }

    /// Lists no more than so many.
    package mutating func keep(_ limit: Int) {
        if outages.count > limit { outages.removeLast(outages.count - max(0, limit)) }
    }
}
