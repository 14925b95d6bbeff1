import Base
import Foundation

extension Subject {
    /// The time and cost of a preview over a month of one-minute results of a hundred monitors.
    func measurePreview(_ options: Options, _ report: inout Report) throws {
        let (monitors, results) = (100, 43_200)
        let folder = try WorkFolder()
        let first = try SentinelServer(options, in: folder)
        try first.stop()
        guard let fill = try SQLScript("insert-monitors"), let history = try SQLScript("insert-history") else {
            throw BenchError("Benchmarks/ has no statements to fill the store with")
        }
        // Their interval is a day, so that no check runs during the measurement.
        try fill.run(on: first.database, ["count": "\(monitors)", "interval": "86400", "url": "http://127.0.0.1:9/"])
        let end = Timestamp.now.milliseconds / 60_000 * 60_000
        // A second less than a minute apart, so that retention does not delete the oldest during the measurement.
        let spacing: Int64 = 59_000
        let start = Timestamp(milliseconds: end - Int64(results) * spacing)
        try history.run(
            on: first.database,
            [
                "monitors": "\(monitors)", "results": "\(results)", "start": "\(start.milliseconds)",
                "spacing": "\(spacing)",
            ]
        )

        let server = try SentinelServer(options, in: folder)
        let body =
            #"{"alerting":{"retries":2,"degraded_above":0.2},"from":"\#(start)","to":"\#(Timestamp(milliseconds: end))"}"#
        var (times, costs): ([Double], [Double]) = ([], [])
        for _ in 0..<max(5, options.repeats) {
            let before = try server.sample().process
            let begin = MonotonicTime.now
            let response = try HTTPConnection(port: server.port)
                .request("POST", "/api/v1/alerts/rules/preview", body: Array(body.utf8))
            times.append((MonotonicTime.now - begin) / .seconds(1))
            costs.append(try server.sample().process.cpuSeconds - before.cpuSeconds)
            let totals = response.status == 200 ? try JSONValue(parsing: response.body)["totals"] : nil
            guard totals?["checks"]?.integerValue == Int64(monitors * results) else {
                let text = String(decoding: response.body.prefix(500), as: UTF8.self)
                throw BenchError("a preview was answered with \(response.status): \(text)")
            }
            say("  \(totals?.description ?? "")")
        }
        let resident = try server.sample().process.residentBytes
        try server.stop()
        report.add("preview of \(monitors * results) results", times.median, "s", .atMost(must: 1, aim: 0.5))
        report.add("preview of \(monitors * results) results: CPU", costs.median, "s")
        report.add("preview: resident memory after it", Double(resident) / 1e6, "MB")
    }
}
