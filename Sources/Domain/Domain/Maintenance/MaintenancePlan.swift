package import Base
package import Checks

/// A planned maintenance window: its schedule and its monitors.
package struct MaintenancePlan: Sendable, Equatable {
    /// The schedule; it has only the name of the time zone, not its rules.
    package enum Schedule: Sendable, Equatable {
        /// The end is exclusive.
        case once(start: Timestamp, end: Timestamp)
        /// On weekdays at a local time of the zone.
        case weekly(on: Set<Weekday>, at: TimeOfDay, lasting: Duration)
        /// The text of a `CronExpression`.
        case cron(String, lasting: Duration)
    }

    /// 0 before it is stored.
    package private(set) var id: Int64
    /// Unique.
    package var name: String
    package var isEnabled = true
    /// All must match a monitor; an empty list matches every monitor.
    package var matchers: [LabelMatcher] = []
    package var schedule: Schedule
    /// The name of the schedule's time zone.
    package var zone = TimeZoneRules.utc.name
    /// Nothing is active before this time; nil means no limit.
    package var from: Timestamp?
    /// Nothing is active from this time on; nil means no limit.
    package var until: Timestamp?
    package var comment = ""
    package var createdAt: Timestamp
    /// Members of the stored schedule that this release does not know: written by a newer one, kept as they are.
    package var unknown: UnknownMembers?

    package init(id: Int64 = 0, name: String, schedule: Schedule, createdAt: Timestamp) {
        (self.id, self.name, self.schedule, self.createdAt) = (id, name, schedule, createdAt)
    }

    /// The same with the number that it got.
    package func numbered(_ id: Int64) -> MaintenancePlan {
        var plan = self
        plan.id = id
        return plan
    }

    /// The window for the rules of the plan's zone.
    ///
    /// Throws `MaintenanceError` as `MaintenanceWindow` does, `.cron` for an invalid expression.
    package func window(_ rules: TimeZoneRules) throws(MaintenanceError) -> MaintenanceWindow {
        switch schedule {
        case .once(let start, let end): try MaintenanceWindow(.once(start: start, end: end), from: from, until: until)
        case .weekly(let weekdays, let time, let duration):
            try MaintenanceWindow(
                .weekly(on: weekdays, at: time, lasting: duration, in: rules),
                from: from,
                until: until
            )
        case .cron(let text, let duration):
            try MaintenanceWindow(cron: text, lasting: duration, in: rules, from: from, until: until)
        }
    }
}

/// Tells whoever follows maintenance windows that one was created, changed or deleted.
package struct MaintenanceChanged: Sendable, Equatable {
    package private(set) var id: Int64

    package init(id: Int64) { self.id = id }
}

/// The limits of a maintenance window's settings.
package enum MaintenanceLimits {
    package static let nameLength = 100
    package static let commentLength = 1000
    package static let matchers = 20
    /// Of a time zone's name.
    package static let zoneLength = 64
    package static let durationMinutes: ClosedRange<Int64> = 1...43_200
    /// Windows that there may be.
    package static let windows = 1000
}

extension Monitor {
    /// The labels of a monitor for matchers of maintenance windows.
    package var labels: [String: [String]] {
        [
            "id": ["\(id)"], "monitor": ["\(id)"], "name": [name], "url": [spec.target],
            "tag": tags.isEmpty ? [""] : tags,
        ]
    }
}

extension LabelMatcher {
    /// The labels that monitors have.
    package static let monitorLabels = ["id", "name", "tag", "url"]
}
