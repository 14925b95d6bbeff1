package import Base

/// The alerts that a rule would have raised over a stretch of history.
package struct RuleForecast: Sendable, Equatable {
    /// An alert that would have been.
    package struct Alert: Sendable, Equatable {
        /// At which evaluation people would have heard of it.
        package var startedAt: Timestamp
        /// nil when it would still be on at the end.
        package var endedAt: Timestamp?
        /// The value that is farthest beyond the threshold; nil where none was finite.
        package var peak: Double?
        /// How often people would have been reminded.
        package var reminders = 0
    }

    /// The alerts of one series.
    package struct Series: Sendable, Equatable {
        /// nil for the alert about missing data.
        package let key: SeriesKey?
        package internal(set) var count = 0
        package internal(set) var reminders = 0
        /// How long alerts were on, until the end of the stretch for one that still is.
        package internal(set) var firingTime = Duration.zero
        /// The first of them, as many as the replay keeps.
        package internal(set) var alerts: [Alert] = []
    }

    /// Those that had an alert, in order.
    package internal(set) var series: [Series] = []
    /// Whether there were more series at a time than the rule looks at.
    package internal(set) var hasOverflowed = false

    /// Whether there were more alerts than are listed.
    package var isCut: Bool { series.contains { $0.alerts.count < $0.count } }

    /// Lists no more than so many alerts in all.
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
