import Base
import Foundation

extension Subject {
    /// Resident memory of a running server, and the time from its start to its first check, with many monitors.
    func measureMemory(_ options: Options, _ report: inout Report) throws {
        let interval = 60
        for count in options.counts {
            let folder = try WorkFolder()
            let target = try LoopbackTarget(options, in: folder)
            try fill(
                options,
                folder,
                [MonitorGroup(name: "bench-", url: target.url("/"), count: count, interval: interval)]
            )

            let server = try SentinelServer(options, in: folder)
            let healthy = MonotonicTime.now - server.started
            try waitUntil("a first check is stored", within: .seconds(90), every: 0.01) {
                try server.sample().checks > 0
            }
            let checking = MonotonicTime.now - server.started
            Thread.sleep(forTimeInterval: TimeInterval(interval) + 5)  // every monitor has been checked once
            let sample = try server.sample()
            let isLarge = count >= 100_000
            report.add("\(count) monitors: start to healthy", healthy / .seconds(1), "s")
            report.add(
                "\(count) monitors: start to first stored check",
                checking / .seconds(1),
                "s",
                isLarge ? .atMost(must: 3, aim: 1) : nil
            )
            report.add(
                "\(count) monitors: resident memory",
                Double(sample.process.residentBytes) / 1e6,
                "MB",
                isLarge ? .atMost(must: 250, aim: 120) : nil
            )
            let lateness = sample.lateness.quantile(0.99) * 1e3
            report.add("\(count) monitors: lateness p99", lateness, "ms")
            try server.stop()
        }
    }
}
