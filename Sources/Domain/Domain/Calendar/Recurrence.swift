import Base

/// Periods of equal length that begin whenever a cron expression is due; adjacent ones are merged.
struct Recurrence: Sendable, Hashable {
    /// How many adjacent periods are merged before they are cut.
    static let runLimit = 400

    let expression: CronExpression
    /// Elapsed time, whatever clocks do; positive.
    let duration: Duration
    let zone: TimeZoneRules

    /// The first start after an instant, of a separate period or within another.
    func start(after time: Timestamp) -> Timestamp? { expression.next(after: time, in: zone) }

    /// The earliest start of a period that contains an instant; one search ahead from the earliest possible start.
    func start(covering time: Timestamp) -> Timestamp? {
        let (milliseconds, overflow) = time.milliseconds.subtractingReportingOverflow(duration.wholeMilliseconds)
        guard !overflow, let start = start(after: Timestamp(milliseconds: milliseconds)), start <= time else {
            return nil
        }
        return start
    }

    /// The start of a run of adjacent periods, from one of its periods; cut after `runLimit`.
    func runStart(from start: Timestamp) -> Timestamp {
        var start = start
        for _ in 0..<Self.runLimit {
            guard let earlier = self.start(covering: start - .milliseconds(1)) else { break }
            start = earlier
        }
        return start
    }

    /// The end of a run of adjacent periods, from one of its periods, and whether it was cut after `runLimit`.
    func runEnd(from start: Timestamp) -> (end: Timestamp, isCut: Bool) {
        var last = start
        for _ in 0..<Self.runLimit {
            guard let later = lastStart(after: last, through: last + duration) else { return (last + duration, false) }
            last = later
        }
        return (last + duration, true)
    }

    /// The last start in a range of time, by bisection; nil when there is none.
    private func lastStart(after start: Timestamp, through end: Timestamp) -> Timestamp? {
        guard var last = self.start(after: start), last <= end else { return nil }
        var end = end
        while end - last > .seconds(60) {
            let middle = last + (end - last) / 2
            if let next = self.start(after: middle), next <= end { last = next } else { end = middle }
        }
        while let next = self.start(after: last), next <= end { last = next }
        return last
    }
}
