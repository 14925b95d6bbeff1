package import Base
package import Domain

/// When pings of one monitor are due, and how late they may be.
package struct PushSchedule: Sendable, Equatable {
    /// The rule that gives the due times.
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

    /// When the next ping is due after an instant, without the grace; nil when never.
    package func next(after time: Timestamp) -> Timestamp? {
        switch rule {
        case .period(let period): time + period
        case .cron(let expression, let zone): expression.next(after: time, in: zone)
        }
    }
}

extension PushSettings {
    /// The schedule of a monitor with an interval.
    ///
    /// `zone` loads the rules of a time zone by name.
    ///
    /// Throws what `zone` throws; it is called only for a cron expression.
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
