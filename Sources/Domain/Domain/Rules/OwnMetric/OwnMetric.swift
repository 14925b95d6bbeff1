import Base

/// A figure over Sentinel's own results that a rule can watch: `latency_p95(5m){tag="shop"}`.
///
/// Evaluated for each monitor on its own; the selector says for which.
package struct OwnMetric: Sendable, Equatable, CustomStringConvertible {
    /// What is computed.
    package enum Function: Sendable, Equatable {
        /// Of the successful checks' latencies, by nearest rank; 1 to 99. Milliseconds.
        case latencyPercentile(Int)
        /// Mean of the successful checks' latencies. Milliseconds.
        case latencyAverage
        /// Longest of the successful checks' latencies. Milliseconds.
        case latencyMaximum
        /// Share of the checks that succeeded, from 0 to 1.
        case successRatio
        /// How many checks there were; 0 is a value here, and no data for all others.
        case checks
        /// How many checks failed.
        case failures
        /// Days until the certificate of the newest check that saw one ends; negative when it has ended.
        case certificateDays
    }

    /// Which monitors count: those that fulfil all that is given.
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
    /// How far back a certificate is looked for: it must outlast the longest interval between checks.
    package static let certificateLookback: Duration = .seconds(2 * 86_400)

    package let function: Function
    /// How far back the results are looked at.
    package let window: Duration
    package let selector: Selector

    init(_ function: Function, window: Duration, _ selector: Selector) {
        (self.function, self.window, self.selector) = (function, window, selector)
    }

    /// The canonical text, which reads back as the same metric.
    package var description: String {
        var parts = selector.tags.map { "tag=\(SeriesKey.quoted($0))" }
        if let monitor = selector.monitor { parts.append("monitor=\"\(monitor)\"") }
        if let name = selector.name { parts.append("name=\(SeriesKey.quoted(name))") }
        let braces = parts.isEmpty ? "" : "{\(parts.joined(separator: ","))}"
        return function.name + (function == .certificateDays ? "" : "(\(window.text))") + braces
    }
}

extension OwnMetric.Function {
    /// As it is written.
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

    /// The names to suggest from; any rank from 1 to 99 is good.
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
