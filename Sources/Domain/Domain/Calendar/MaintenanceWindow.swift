package import Base

/// A maintenance window, once or repeated.
package struct MaintenanceWindow: Sendable, Hashable {
    /// The longest duration of one occurrence.
    package static let durationLimit = Duration.seconds(30 * 86_400)

    /// The schedule; durations are elapsed time, whatever clocks do.
    package enum Schedule: Sendable, Hashable {
        /// The end is exclusive.
        case once(start: Timestamp, end: Timestamp)
        /// On weekdays at a local time of the zone; if clocks skip that time, from the end of the gap on.
        case weekly(on: Set<Weekday>, at: TimeOfDay, lasting: Duration, in: TimeZoneRules)
        case cron(CronExpression, lasting: Duration, in: TimeZoneRules)
    }

    package let schedule: Schedule
    /// Nothing is active before this time; nil means no limit.
    package let from: Timestamp?
    /// Nothing is active from this time on; nil means no limit.
    package let until: Timestamp?
    private let recurrence: Recurrence?

    /// Creates a window; no occurrence is active before `from`, or from `until` on.
    ///
    /// Throws `.validityEndsBeforeItBegins` and `.endsBeforeItBegins` for times in the wrong order, `.noWeekdays`,
    /// `.noDuration` below a millisecond, `.tooLong` above `durationLimit`, and `.withoutPause` when occurrences
    /// follow one another for too long.
    package init(_ schedule: Schedule, from: Timestamp? = nil, until: Timestamp? = nil) throws(MaintenanceError) {
        if let from, let until, until <= from { throw .validityEndsBeforeItBegins }
        switch schedule {
        case .once(let start, let end):
            guard start < end else { throw .endsBeforeItBegins }
            recurrence = nil
        case .weekly(let weekdays, let time, let duration, let zone):
            guard !weekdays.isEmpty else { throw .noWeekdays }
            let expression = CronExpression(on: weekdays, at: time)
            recurrence = try Self.checked(Recurrence(expression: expression, duration: duration, zone: zone))
        case .cron(let expression, let duration, let zone):
            recurrence = try Self.checked(Recurrence(expression: expression, duration: duration, zone: zone))
        }
        (self.schedule, self.from, self.until) = (schedule, from, until)
    }

    /// Parses the cron expression as well.
    ///
    /// Throws `.cron` for an invalid expression, and otherwise as the other initializer does.
    package init(
        cron text: String,
        lasting duration: Duration,
        in zone: TimeZoneRules,
        from: Timestamp? = nil,
        until: Timestamp? = nil
    ) throws(MaintenanceError) {
        let expression: CronExpression
        do { expression = try CronExpression(text) } catch { throw .cron(error) }
        try self.init(.cron(expression, lasting: duration, in: zone), from: from, until: until)
    }

    private static func checked(_ recurrence: Recurrence) throws(MaintenanceError) -> Recurrence {
        guard recurrence.duration >= .milliseconds(1) else { throw .noDuration }
        guard recurrence.duration <= durationLimit else { throw .tooLong }
        guard recurrence.hasPauses else { throw .withoutPause }
        return recurrence
    }

    /// Whether an instant is in an occurrence; the cost does not depend on the window's age.
    package func isActive(at time: Timestamp) -> Bool { isValid(at: time) && isPlanned(at: time) }

    /// The occurrence that contains an instant, merged with adjacent ones and limited to `from` and `until`.
    package func occurrence(at time: Timestamp) -> Range<Timestamp>? {
        guard isValid(at: time), let planned = plannedOccurrence(at: time) else { return nil }
        return max(
            planned.lowerBound,
            from ?? planned.lowerBound
        )..<min(planned.upperBound, until ?? planned.upperBound)
    }

    /// The next instant after `time` at which an occurrence begins or ends; nil when there is none.
    package func nextChange(after time: Timestamp) -> Timestamp? {
        if let end = occurrence(at: time)?.upperBound { return end }
        if let from, time < from, isPlanned(at: from) { return from }
        let start = nextPlannedStart(after: max(time, from ?? time))
        return start.flatMap { start in until.map { start < $0 } ?? true ? start : nil }
    }

    private func isValid(at time: Timestamp) -> Bool {
        (from.map { $0 <= time } ?? true) && (until.map { time < $0 } ?? true)
    }

    private func isPlanned(at time: Timestamp) -> Bool {
        switch schedule {
        case .once(let start, let end): start <= time && time < end
        case .weekly, .cron: recurrence?.start(covering: time) != nil
        }
    }

    private func plannedOccurrence(at time: Timestamp) -> Range<Timestamp>? {
        switch schedule {
        case .once(let start, let end): return (start..<end).contains(time) ? start..<end : nil
        case .weekly, .cron:
            guard let recurrence, let start = recurrence.start(covering: time) else { return nil }
            return recurrence.runStart(from: start)..<recurrence.runEnd(from: start).end
        }
    }

    private func nextPlannedStart(after time: Timestamp) -> Timestamp? {
        switch schedule {
        case .once(let start, _): time < start ? start : nil
        case .weekly, .cron: recurrence?.start(after: time)
        }
    }
}
