package import Base

/// The outages that a rule would have opened over a period of history.
package struct OutageForecast: Sendable, Equatable {
    /// A hypothetical incident.
    package struct Outage: Sendable, Equatable {
        /// The due time of the check that would have opened it.
        package var startedAt: Timestamp
        /// The due time of the check that would have closed it; nil when it would still be open at the end.
        package var endedAt: Timestamp?
        /// The reason of the check that would have opened it; after a reopening, of the last one.
        package var reason: Reason?
        /// From the first of the failures in a row that led to it.
        package var failedChecks: Int
        /// Whether it would have been degraded all the time, and never down.
        package var isDegraded = false
        /// How often it would have been reopened within the settle time.
        package var reopenings = 0
    }

    /// The number of incidents; reopened ones count once.
    package internal(set) var count = 0
    /// How often people would have been notified of beginnings: incidents, their reopenings, and degraded ones that
    /// went down.
    package internal(set) var notifications = 0
    /// How long incidents would have been open; one that is still open counts until the end of the period.
    package internal(set) var downTime = Duration.zero
    /// The first of them, up to the replay's limit.
    package internal(set) var outages: [Outage] = []

    package init() {}

    /// Whether there were more than are listed.
    package var isCut: Bool { outages.count < count }

    /// Shortens the list to a limit.
    package mutating func keep(_ limit: Int) {
        if outages.count > limit { outages.removeLast(outages.count - max(0, limit)) }
    }
}
