package import Base

/// Computes a metric of one monitor over its stored checks in order: its value at each instant of a grid.
///
/// Agrees with `OwnMetric.value(of:at:)` over the newest `limit` results of each window, except for the last digits of
/// an average.
package struct OwnMetricSeries: Sendable {
    private let metric: OwnMetric
    private let grid: PreviewGrid
    private let limit: Int
    private let window: Int64
    /// When the certificates of the monitor's observations expire, in milliseconds.
    private let certificates: [Int64: Int64]
    private var timeSeries: TimeSeries
    private var next = 0
    /// The checks in the window, oldest first, from index `start` on.
    private var checks: [StoredCheck] = []
    private var start = 0
    private var failures = 0
    /// The latencies of the successes in the window, ascending; kept only if needed.
    private var latencies: [Int64] = []
    /// The sum of the latencies of all successes in the window, in microseconds.
    private var sum: Int64 = 0

    package init(
        _ metric: OwnMetric,
        of series: SeriesKey,
        on grid: PreviewGrid,
        certificates: [Int64: Int64] = [:],
        limit: Int
    ) {
        (self.metric, self.grid, self.certificates, self.limit) = (metric, grid, certificates, max(1, limit))
        window = metric.window.wholeMilliseconds
        timeSeries = TimeSeries(series, count: grid.count)
    }

    /// The time from which checks are needed.
    package static func start(_ metric: OwnMetric, on grid: PreviewGrid) -> Timestamp { grid.start - metric.window }

    /// Handles the next check, in the order of time; a check without a certificate is ignored if the metric needs one.
    package mutating func see(_ check: StoredCheck) {
        evaluate(before: check.due)
        if metric.function == .certificateDays, certificates[check.observation] == nil { return }
        if checks.count - start == limit { drop() }
        checks.append(check)
        guard check.isSuccess else {
            failures += 1
            return
        }
        sum += check.latency
        if isSorting { latencies.insert(check.latency, at: position(of: check.latency)) }
    }

    /// The values at all instants, after the last check.
    package mutating func finish() -> TimeSeries {
        evaluate(before: .max)
        return timeSeries
    }

    /// Fills in the instants that later checks cannot change.
    private mutating func evaluate(before due: Int64) {
        while next < grid.count {
            let now = grid[next].milliseconds
            guard now < due else { return }
            while start < checks.count, checks[start].due <= now - window { drop() }
            timeSeries[next] = value(at: now)
            next += 1
        }
    }

    private func value(at now: Int64) -> Double? {
        let count = checks.count - start
        let successes = count - failures
        switch metric.function {
        case .checks: return Double(count)
        case .failures: return count == 0 ? nil : Double(failures)
        case .successRatio: return count == 0 ? nil : Double(successes) / Double(count)
        case .certificateDays:
            guard count > 0, let end = certificates[checks[checks.count - 1].observation] else { return nil }
            return Double(end - now) / 86_400_000
        case .latencyAverage: return successes == 0 ? nil : Double(sum) / 1000 / Double(successes)
        case .latencyMaximum: return latencies.last.map(Self.milliseconds)
        case .latencyPercentile(let rank):
            return latencies.isEmpty ? nil : Self.milliseconds(latencies[(latencies.count * rank + 99) / 100 - 1])
        }
    }

    /// The same value as a metric over durations, to the last digit.
    private static func milliseconds(_ latency: Int64) -> Double { Duration.microseconds(latency).inSeconds * 1000 }

    private mutating func drop() {
        let check = checks[start]
        start += 1
        if start > 1024, start > checks.count / 2 {
            checks.removeFirst(start)
            start = 0
        }
        guard check.isSuccess else {
            failures -= 1
            return
        }
        sum -= check.latency
        if isSorting { latencies.remove(at: position(of: check.latency)) }
    }

    private var isSorting: Bool {
        switch metric.function {
        case .latencyPercentile, .latencyMaximum: true
        default: false
        }
    }

    /// The index of the first latency that is not less.
    private func position(of latency: Int64) -> Int {
        var (low, high) = (0, latencies.count)
        while low < high {
            let middle = (low + high) / 2
            if latencies[middle] < latency { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
