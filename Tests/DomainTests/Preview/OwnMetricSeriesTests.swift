import Base
import Domain
import Testing

/// Metrics computed check by check equal those computed separately at each instant.
@Suite struct OwnMetricSeriesTests {
    @Test(
        arguments: [
            "latency_p50(5m)", "latency_p95(1m)", "latency_p99(1h)", "latency_avg(2m)", "latency_max(5m)",
            "success_ratio(5m)", "checks(3m)", "failures(90s)", "certificate_days",
        ],
        0..<6 as Range<UInt64>
    ) func seriesAgreesWithSeparateEvaluations(_ text: String, _ seed: UInt64) throws {
        let metric = try OwnMetric(parsing: text)
        var random = SeededGenerator(seed: seed)
        let start = Timestamp(milliseconds: 1_790_000_000_000)
        let window = try PreviewWindow(from: start, to: start + .seconds(3600), now: start + .seconds(3600))
        let step: Duration = .seconds([10, 60, 75][Int(seed % 3)])
        let grid = PreviewGrid(window, interval: step, limit: 10_000)
        let certificates: [Int64: Int64] = [1: start.milliseconds + 86_400_000 * 9, 2: start.milliseconds - 5]
        var checks: [StoredCheck] = []
        var due = start - .seconds(7200)
        while due < window.to + .seconds(60) {
            // Sometimes there are no checks for a quarter of an hour, or two regions check at once.
            let pause = Int.random(in: 0..<60, using: &random)
            if pause != 1 { due = due + (pause == 0 ? .seconds(900) : .seconds(20)) }
            let isFailure = Int.random(in: 0..<5, using: &random) == 0
            checks.append(
                StoredCheck(
                    due: due.milliseconds,
                    region: pause == 1 ? 1 : 0,
                    reason: isFailure ? Int64(Reason.httpStatus.rawValue) : 0,
                    latency: Int64.random(in: 0...200_000, using: &random),
                    // Which of two checks at the same instant is the newest is undefined.
                    observation: pause == 1 ? checks.last?.observation ?? 0 : Int64.random(in: 0...2, using: &random)
                )
            )
        }
        var following = OwnMetricSeries(metric, of: .empty, on: grid, certificates: certificates, limit: 10_000)
        for check in checks { following.see(check) }
        let timeSeries = following.finish()
        let points = checks.map { check in
            ResultPoint(
                at: check.scheduledAt,
                isSuccess: check.isSuccess,
                latency: .microseconds(check.latency),
                certificateNotAfter: certificates[check.observation].map(Timestamp.init(milliseconds:))
            )
        }
        for index in 0..<grid.count {
            let asked = metric.value(of: points, at: grid[index])
            let place = "\(text), seed \(seed), instant \(index)"
            guard let asked, let found = timeSeries[index] else {
                #expect(asked == nil && timeSeries[index] == nil, "\(place)")
                continue
            }
            #expect(abs(asked - found) <= 1e-9 * max(1, abs(asked)), "\(place)")
        }
    }

    @Test func onlyTheNewestChecksCount() throws {
        let metric = try OwnMetric(parsing: "checks(1h)")
        let end = Timestamp(milliseconds: 1_000_000)
        let grid = PreviewGrid(
            try PreviewWindow(from: end - .seconds(1), to: end, now: end),
            interval: .seconds(60),
            limit: 9
        )
        var following = OwnMetricSeries(metric, of: .empty, on: grid, limit: 5)
        for second in 0..<20 as Range<Int64> { following.see(StoredCheck(due: 900_000 + second * 1000)) }
        #expect(following.finish()[0] == 5)
    }
}
