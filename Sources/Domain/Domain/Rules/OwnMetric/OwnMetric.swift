import Base

/// A metric over Sentinel's own results that a rule can use: `latency_p95(5m){tag="shop"}`.
///
/// Evaluated for each monitor separately; the selector decides which.
package struct OwnMetric: Sendable, Equatable, CustomStringConvertible {
    /// The computed function.
    package enum Function: Sendable, Equatable {
        /// A percentile of the successful checks' latencies by nearest rank, 1 to 99. Milliseconds.
        case latencyPercentile(Int)
        /// Mean of the successful checks' latencies. Milliseconds.
        case latencyAverage
        /// Longest of the successful checks' latencies. Milliseconds.
        case latencyMaximum
        /// The fraction of successful checks, from 0 to 1.
        case successRatio
        /// The number of checks; 0 is a value here, but no data for the other functions.
        case checks
        /// The number of failed checks.
        case failures
        /// Days until the certificate of the newest check with one expires; negative after that.
        case certificateDays
    }

    /// The monitors that count: those that match every given condition.
    package struct Selector: Sendable, Equatable {
        /// Sorted, without duplicates; a monitor must have all of them.
        package var tags: [String] = []
        package var monitor: MonitorID?
        package var name: String?

        package init() {}

        package func selects(_ candidate: Monitor) -> Bool {
            (monitor == nil || monitor == candidate.id) && (name == nil || name == candidate.name)
                && tags.allSatisfy(candidate.tags.contains)
        }
    }

    package static let windows: ClosedRange<Duration> = .seconds(10)...(.seconds(7 * 86_400))
    /// How far back to look for a certificate: longer than the longest interval between checks.
    package static let certificateLookback: Duration = .seconds(2 * 86_400)

    package let function: Function
    /// How far back results count.
    package let window: Duration
    package let selector: Selector

    init(_ function: Function, window: Duration, _ selector: Selector) {
        (self.function, self.window, self.selector) = (function, window, selector)
    }

    /// The canonical text, which parses to the same metric.
    package var description: String {
        var parts = selector.tags.map { "tag=\(SeriesKey.quoted($0))" }
        if let monitor = selector.monitor { parts.append("monitor=\"\(monitor)\"") }
        if let name = selector.name { parts.append("name=\(SeriesKey.quoted(name))") }
        let braces = parts.isEmpty ? "" : "{\(parts.joined(separator: ","))}"
        return function.name + (function == .certificateDays ? "" : "(\(window.text))") + braces
    }
}

extension OwnMetric.Function {
    /// The function's name in a metric's text.
    package var name: String {
        switch self {
        case .latencyPercentile(let rank): "latency_p\(rank)"
        case .latencyAverage: "latency_avg"
        case .latencyMaximum: "latency_max"
        case .successRatio: "success_ratio"
        case .checks: "checks"
        case .failures: "failures"
        case .certificateDays: "certificate_days"
        }
    }

    /// The names for suggestions; any rank from 1 to 99 is valid.
    static let known: [Self] = [
        .latencyPercentile(50), .latencyPercentile(90), .latencyPercentile(95), .latencyPercentile(99),
        .latencyAverage, .latencyMaximum, .successRatio, .checks, .failures, .certificateDays,
    ]

    /// nil for an unknown name.
    init?(name: String) {
        if name.hasPrefix("latency_p"), let rank = Int(name.dropFirst(9)), (1...99).contains(rank),
            name == "latency_p\(rank)"
        {
            self = .latencyPercentile(rank)
            return
        }
        guard let known = Self.known.first(where: { $0.name == name }) else { return nil }
        self = known
    }
}
