package import Base

/// The parts of one stored result that metrics need.
package struct ResultPoint: Sendable, Equatable {
    package var at: Timestamp
    package var isSuccess: Bool
    package var latency: Duration
    /// When the certificate seen by the check expires; nil when it saw none.
    package var certificateNotAfter: Timestamp?

    package init(at: Timestamp, isSuccess: Bool, latency: Duration, certificateNotAfter: Timestamp? = nil) {
        (self.at, self.isSuccess, self.latency) = (at, isSuccess, latency)
        self.certificateNotAfter = certificateNotAfter
    }
}

extension OwnMetric {
    /// The value over one monitor's results in any order; nil when there is no data.
    ///
    /// Uses the results after `now - window` up to and including `now`. Failed checks have no latency here: the
    /// duration of a refusal or timeout says nothing about the target's speed.
    package func value(of results: [ResultPoint], at now: Timestamp) -> Double? {
        let start = now - window
        let points = results.filter { $0.at > start && $0.at <= now }
        switch function {
        case .checks: return Double(points.count)
        case .failures: return points.isEmpty ? nil : Double(points.count { !$0.isSuccess })
        case .successRatio:
            return points.isEmpty ? nil : Double(points.count(where: \.isSuccess)) / Double(points.count)
        case .certificateDays:
            let newest = points.filter { $0.certificateNotAfter != nil }.max { $0.at < $1.at }
            return newest?.certificateNotAfter.map { Double(($0 - now).wholeMilliseconds) / 86_400_000 }
        case .latencyPercentile, .latencyAverage, .latencyMaximum:
            return latency(points.filter(\.isSuccess).map { $0.latency.inSeconds * 1000 })
        }
    }

    private func latency(_ milliseconds: [Double]) -> Double? {
        guard !milliseconds.isEmpty else { return nil }
        switch function {
        case .latencyAverage: return milliseconds.reduce(0, +) / Double(milliseconds.count)
        case .latencyPercentile(let rank):
            return milliseconds.sorted()[(milliseconds.count * rank + 99) / 100 - 1]
        default: return milliseconds.max()
        }
    }
}
