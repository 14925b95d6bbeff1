package import Base

/// Passes time series through `RuleMachine` with a rule, and records the alerts that it would have raised.
///
/// A series without an alert costs one comparison an instant.
package struct RuleReplay: Sendable {
    private let rule: ThresholdRule
    private let limit: Int
    private var machine = RuleMachine()
    private var found: [SeriesKey?: RuleForecast.Series] = [:]
    /// The firing alerts.
    private var running: [SeriesKey?: RuleForecast.Alert] = [:]
    private var hasOverflowed = false

    /// Keeps the first `limit` alerts of each series; all are counted.
    package init(_ rule: ThresholdRule, limit: Int) { (self.rule, self.limit) = (rule, limit) }

    /// Handles the values of the series at an instant; does nothing when it is not later than the previous one.
    ///
    /// Passes only relevant series to the machine, and one series without an alert to show that there is data.
    package mutating func see(_ allSeries: [TimeSeries], _ index: Int, at now: Timestamp) {
        let mayOverflow = allSeries.count > rule.maximumSeries
        var samples: [Sample] = []
        var well: Sample?
        for timeSeries in allSeries {
            guard let value = timeSeries[index] else { continue }
            if mayOverflow || matters(value) || machine.remembers(timeSeries.series) {
                samples.append(Sample(timeSeries.series, value))
            } else if well == nil {
                well = Sample(timeSeries.series, value)
            }
        }
        if machine.isIdle, samples.isEmpty, well != nil || rule.noData != .alert { return }
        if let well { samples.append(well) }
        see(.vector(samples), at: now)
    }

    private func matters(_ value: Double) -> Bool { value.isNaN || rule.isMet(by: value) }

    /// Handles the result of one evaluation.
    package mutating func see(_ result: QueryResult, at now: Timestamp) {
        for action in machine.apply(result, at: now, rule) {
            switch action {
            case .triggered(let key, let value, _): begin(key, value, at: now)
            case .repeated(let key, _): remind(key)
            case .resolved(let key, _, _): end(key, at: now)
            case .noData: begin(nil, nil, at: now)
            case .noDataRepeated: remind(nil)
            case .dataBack: end(nil, at: now)
            case .overflow: hasOverflowed = true
            case .pending, .unreachable, .reachable, .notANumber: break
            }
        }
        guard !running.isEmpty, case .vector(let samples) = result else { return }
        for sample in samples {
            guard let peak = running[sample.series]?.peak, isWorse(sample.value, than: peak) else { continue }
            running[sample.series]?.peak = sample.value
        }
    }

    private func isWorse(_ value: Double, than peak: Double) -> Bool {
        guard value.isFinite else { return false }
        return switch rule.comparison {
        case .greater, .greaterOrEqual: value > peak
        case .less, .lessOrEqual: value < peak
        case .equal: false
        case .notEqual: abs(value - rule.threshold) > abs(peak - rule.threshold)
        }
    }

    private mutating func begin(_ key: SeriesKey?, _ value: Double?, at now: Timestamp) {
        found[key, default: RuleForecast.Series(key: key)].count += 1
        running[key] = RuleForecast.Alert(startedAt: now, peak: value.flatMap { $0.isFinite ? $0 : nil })
    }

    private mutating func remind(_ key: SeriesKey?) {
        running[key]?.reminders += 1
        found[key]?.reminders += 1
    }

    private mutating func end(_ key: SeriesKey?, at now: Timestamp) {
        guard var alert = running.removeValue(forKey: key) else { return }
        alert.endedAt = now
        found[key]?.note(alert, until: now, limit: limit)
    }

    /// The forecast, if nothing more happens until `end`.
    package func finish(at end: Timestamp) -> RuleForecast {
        var series = found
        for (key, alert) in running { series[key]?.note(alert, until: end, limit: limit) }
        var forecast = RuleForecast()
        forecast.hasOverflowed = hasOverflowed
        forecast.series = series.values.sorted { ($0.key?.description ?? "") < ($1.key?.description ?? "") }
        return forecast
    }
}

extension RuleForecast.Series {
    fileprivate mutating func note(_ alert: RuleForecast.Alert, until end: Timestamp, limit: Int) {
        firingTime += max(.zero, end - alert.startedAt)
        if alerts.count < limit { alerts.append(alert) }
    }
}

extension RuleMachine {
    /// Whether an evaluation without an alert changes only the time of the latest answer.
    fileprivate var isIdle: Bool { series.isEmpty && missing == SeriesState() && failingSince == nil && !isOverflowing }

    /// Whether a series is not calm.
    fileprivate func remembers(_ key: SeriesKey) -> Bool { !series.isEmpty && series[key] != nil }
}
