package import Base

/// Decides which of a rule's series have an alert, and when alerts begin and end.
///
/// Each series has its own alert. Pure: the same evaluations give the same actions, whatever the order of the samples.
/// A failed evaluation changes no alert: it neither interrupts a running `hold` nor ends anything, unless the query has
/// not worked for longer than `staleness`; then the waits restart. Remembers at most `maximumSeries` series, and only
/// those that are not calm.
package struct RuleMachine: Sendable, Equatable {
    /// The comparison and threshold of the last evaluation.
    struct Condition: Sendable, Equatable {
        var comparison: Comparison
        var threshold: Double
    }

    /// When the rule was last evaluated; an evaluation that is not newer is ignored, unless the clock was set back.
    package internal(set) var evaluatedAt: Timestamp?
    /// When the query last worked.
    package internal(set) var answeredAt: Timestamp?
    /// Since when the query fails; nil while it works.
    package internal(set) var failingSince: Timestamp?
    /// The series that are not calm.
    package internal(set) var series: [SeriesKey: SeriesState] = [:]
    /// The alert about missing data, for a rule with that policy.
    package internal(set) var missing = SeriesState()
    /// Whether there are more series than the rule handles, which was already reported.
    package internal(set) var isOverflowing = false
    var condition: Condition?

    /// An evaluation older than the last one by more than this shows that the clock was set back.
    package static let clockStep = Duration.seconds(60)

    package init() {}

    /// The firing series, in order.
    package var firing: [SeriesKey] { series.filter(\.value.isFiring).keys.sorted() }

    /// Handles an evaluation's result and returns the actions; does nothing when it is not newer than the last one.
    package mutating func apply(_ result: QueryResult, at now: Timestamp, _ rule: ThresholdRule) -> [RuleAction] {
        if let evaluatedAt, now <= evaluatedAt {
            guard evaluatedAt - now > Self.clockStep else { return [] }
            clockWasSetBack(to: now)
        }
        evaluatedAt = now
        switch result {
        case .failed(let failure):
            guard failingSince == nil else { return [] }
            failingSince = now
            return [.unreachable(failure)]
        case .vector(let samples):
            return take(samples, at: now, rule)
        }
    }

    /// Ends every alert because the rule was edited, paused or deleted.
    ///
    /// A changed threshold or comparison does not need this: alerts that still hold continue.
    package mutating func ruleChanged() -> [RuleAction] {
        var actions: [RuleAction] = firing.map { .resolved($0, value: nil, .ruleChanged) }
        if missing.isFiring { actions.append(.dataBack(.ruleChanged)) }
        (series, missing, isOverflowing, condition) = ([:], SeriesState(), false, nil)
        return actions
    }

    private mutating func take(_ samples: [Sample], at now: Timestamp, _ rule: ThresholdRule) -> [RuleAction] {
        var actions: [RuleAction] = failingSince == nil ? [] : [.reachable]
        failingSince = nil
        let newCondition = Condition(comparison: rule.comparison, threshold: rule.threshold)
        let isNew = condition.map { $0 != newCondition } ?? false
        if isNew || answeredAt.map({ now - $0 > rule.staleness }) ?? false { restart(at: now) }
        (answeredAt, condition) = (now, newCondition)

        var values: [SeriesKey: Double] = [:]
        for sample in samples where values[sample.series] == nil { values[sample.series] = sample.value }
        let (keys, refused) = admitted(values, rule)
        if refused == 0 {
            isOverflowing = false
        } else if !isOverflowing {
            isOverflowing = true
            actions.append(.overflow(count: keys.count + refused))
        }
        let isNothing = values.values.allSatisfy(\.isNaN)
        for key in keys {
            if let value = values[key], !value.isNaN {
                actions += see(key, value, at: now, rule, isNew: isNew)
            } else {
                if values[key] != nil { actions += noteNotANumber(key) }
                let reason = values[key] == nil && !isNothing ? RuleAction.Resolution.vanished : .noData
                actions += miss(key, reason, at: now, rule)
            }
        }
        return actions + judgeMissing(isNothing && rule.noData == .alert, at: now, rule)
    }

    /// The series to handle, in order, and how many exceed the limit; remembered series come first.
    private mutating func admitted(
        _ values: [SeriesKey: Double],
        _ rule: ThresholdRule
    ) -> (keys: [SeriesKey], refused: Int) {
        let known = series.keys.sorted()
        let others = values.keys.filter { series[$0] == nil }
        let total = known.count + others.count
        guard total > rule.maximumSeries else { return ((known + others).sorted(), 0) }
        // More are remembered than allowed only after the limit was lowered. Firing series are kept: channels that were
        // notified of the beginning must be notified of the end.
        let kept = known.filter { series[$0]?.isFiring == true }
        let room = max(0, rule.maximumSeries - kept.count)
        let quiet = known.filter { series[$0]?.isFiring == false }
        for key in quiet.dropFirst(room) { series[key] = nil }
        let keys = kept + (quiet + others.sorted()).prefix(room)
        return (keys.sorted(), total - keys.count)
    }

    private mutating func see(
        _ key: SeriesKey,
        _ value: Double,
        at now: Timestamp,
        _ rule: ThresholdRule,
        isNew: Bool
    ) -> [RuleAction] {
        var state = series[key] ?? SeriesState()
        (state.isNotANumber, state.value) = (false, value.isFinite ? value : nil)
        let isMet = rule.isMet(by: value)
        let step = isMet ? state.alarm(at: now, rule) : state.calm(at: now, rule, atOnce: isNew)
        series[key] = state.isIdle ? nil : state
        return switch step {
        case .nothing: []
        case .pending: [.pending(key)]
        case .triggered(let since): [.triggered(key, value: value, since: since)]
        case .resolved: [.resolved(key, value: value, isNew ? .ruleChanged : .recovered)]
        case .repeated: [.repeated(key, value: value)]
        }
    }

    private mutating func noteNotANumber(_ key: SeriesKey) -> [RuleAction] {
        guard series[key]?.isNotANumber != true else { return [] }
        series[key, default: SeriesState()].isNotANumber = true
        return [.notANumber(key)]
    }

    /// Handles a series without a number: a pending one is not confirmed, a firing one follows the policy.
    ///
    /// If missing data is an alert, it is not a recovery, neither for one series nor for all.
    private mutating func miss(
        _ key: SeriesKey,
        _ reason: RuleAction.Resolution,
        at now: Timestamp,
        _ rule: ThresholdRule
    ) -> [RuleAction] {
        guard var state = series[key] else { return [] }
        if reason == .vanished { state.isNotANumber = false }
        var step = SeriesState.Step.nothing
        if !state.isFiring || rule.noData == .ignore { step = state.miss(at: now, rule) }
        series[key] = state.isIdle ? nil : state
        return step == .resolved ? [.resolved(key, value: nil, reason)] : []
    }

    private mutating func judgeMissing(_ isAlert: Bool, at now: Timestamp, _ rule: ThresholdRule) -> [RuleAction] {
        switch isAlert ? missing.alarm(at: now, rule) : missing.calm(at: now, rule, atOnce: true) {
        case .nothing, .pending: []
        case .triggered(let since): [.noData(since: since)]
        case .resolved: [.dataBack(rule.noData == .alert ? .recovered : .ruleChanged)]
        case .repeated: [.noDataRepeated]
        }
    }

    private mutating func clockWasSetBack(to now: Timestamp) {
        for key in series.keys { series[key]?.clockWasSetBack(to: now) }
        missing.clockWasSetBack(to: now)
        (answeredAt, failingSince) = (answeredAt.map { min($0, now) }, failingSince.map { min($0, now) })
    }

    private mutating func restart(at now: Timestamp) {
        for key in series.keys { series[key]?.restart(at: now) }
        missing.restart(at: now)
    }
}
