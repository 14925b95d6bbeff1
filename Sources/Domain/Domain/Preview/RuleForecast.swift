package import Base

/// The alerts that a rule would have raised over a period of history.
package struct RuleForecast: Sendable, Equatable {
    /// A hypothetical alert.
    package struct Alert: Sendable, Equatable {
        /// The evaluation at which people would have been notified.
        package var startedAt: Timestamp
        /// nil when it would still be firing at the end.
        package var endedAt: Timestamp?
        /// The value farthest beyond the threshold; nil when none was finite.
        package var peak: Double?
        /// How many reminders would have been sent.
        package var reminders = 0
    }

    /// The alerts of one series.
    package struct Series: Sendable, Equatable {
        /// nil for the alert about missing data.
        package let key: SeriesKey?
        package internal(set) var count = 0
        package internal(set) var reminders = 0
        /// How long alerts were firing; one that is still firing counts until the end of the period.
        package internal(set) var firingTime = Duration.zero
        /// The first of them, up to the replay's limit.
        package internal(set) var alerts: [Alert] = []
    }

    /// The series with an alert, in order.
    package internal(set) var series: [Series] = []
    /// Whether there were more series at once than the rule handles.
    package internal(set) var hasOverflowed = false

    /// Whether there were more alerts than are listed.
    package var isCut: Bool { series.contains { $0.alerts.count < $0.count } }

    /// Shortens the lists to a total number of alerts.
    package mutating func keep(_ limit: Int) {
        var room = max(0, limit)
        for index in series.indices {
            if series[index].alerts.count > room { series[index].alerts.removeLast(series[index].alerts.count - room) }
            room -= series[index].alerts.count
        }
    }

    package var count: Int { series.reduce(0) { $0 + $1.count } }
    package var reminders: Int { series.reduce(0) { $0 + $1.reminders } }
    package var firingTime: Duration { series.reduce(.zero) { $0 + $1.firingTime } }
}
