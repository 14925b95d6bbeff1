import Base

/// Periods of equal length that begin whenever a cron expression is due; adjacent ones are merged.
struct Recurrence: Sendable, Hashable {
    /// How many periods may follow one another without a pause.
    static let runLimit = 400
    /// How long periods may follow one another without a pause; a window that pauses once a year, only because clocks
    /// are set back, is a mistake.
    static let runSpan = Duration.seconds(300 * 86_400)
    /// How many adjacent periods are merged before they are cut; above `runLimit`, because a few runs are longer than
    /// those that `hasPauses` looks at.
    private static let mergeLimit = 4 * runLimit
    /// Any year will do: occurrences without a pause are so in every year.
    private static let examined = Timestamp(milliseconds: 1_767_225_600_000)

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

    /// Whether no run of adjacent periods exceeds `runLimit` or `runSpan`.
    ///
    /// Looks at the first runs, which have every pattern of minutes, hours and neighbouring days, and at runs over three
    /// years that are long enough to exceed `runSpan`, whatever clocks do.
    var hasPauses: Bool {
        var time = Self.examined
        for _ in 0..<24 {
            guard let start = start(after: time) else { return true }
            let run = runEnd(from: start, limit: Self.runLimit)
            if run.isCut || run.end - start > Self.runSpan { return false }
            time = run.end - .milliseconds(1)
        }
        let step = Self.runSpan / 2
        time = Self.examined
        for _ in 0..<8 {
            time = time + step
            guard let covering = start(covering: time) else { continue }
            if runEnd(from: covering).end - runStart(from: covering) > Self.runSpan { return false }
        }
        return true
    }

    /// The start of a run of adjacent periods, from one of its periods; cut after `mergeLimit`.
    func runStart(from start: Timestamp) -> Timestamp {
        var start = start
        for _ in 0..<Self.mergeLimit {
            guard let earlier = self.start(covering: start - .milliseconds(1)) else { break }
            start = earlier
        }
        return start
    }

    /// The end of a run of adjacent periods, from one of its periods, and whether it was cut after `limit` of them.
    func runEnd(from start: Timestamp, limit: Int = mergeLimit) -> (end: Timestamp, isCut: Bool) {
        var last = start
        for _ in 0..<limit {
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
