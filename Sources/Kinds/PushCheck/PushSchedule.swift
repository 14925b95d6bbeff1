package import Base
package import Domain

/// When pings of one monitor are due, and how late they may be.
package struct PushSchedule: Sendable, Equatable {
    /// How due instants follow one another.
    package enum Rule: Sendable, Equatable {
        case period(Duration)
        case cron(CronExpression, TimeZoneRules)
    }

    package let rule: Rule
    package let grace: Duration

    package init(_ rule: Rule, grace: Duration) {
        self.rule = rule
        self.grace = grace
    }

    /// When a ping is due after one at an instant, without the grace; nil when that never comes.
    package func next(after time: Timestamp) -> Timestamp? {
        switch rule {
        case .period(let period): time + period
        case .cron(let expression, let zone): expression.next(after: time, in: zone)
        }
    }
}

extension PushSettings {
    /// The schedule of a monitor with such an interval.
    ///
    /// `zone` finds the rules of a time zone by its name.
    ///
    /// Throws what `zone` throws, which is asked only for a cron expression.
    package func schedule<Fault: Error>(
        interval: Duration,
        zone: (String) throws(Fault) -> TimeZoneRules
    ) throws(Fault) -> PushSchedule {
        guard let cron = options.cron else {
            return PushSchedule(.period(options.period ?? interval), grace: options.grace)
        }
        return PushSchedule(.cron(cron, try zone(options.timeZone)), grace: options.grace)
    }
}
