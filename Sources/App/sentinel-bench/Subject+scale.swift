import Base
import Foundation

extension Subject {
    /// More monitors than the machine can check in time: checks a second, API answers, memory, and the shutdown.
    func measureScale(_ options: Options, _ report: inout Report) throws {
        var best = 0.0
        for count in options.scale {
            let folder = try WorkFolder()
            let target = try LoopbackTarget(options, in: folder)
            try fill(options, folder, [MonitorGroup(name: "bench-", url: target.url("/"), count: count, interval: 60)])
            let server = try SentinelServer(options, in: folder)
            // Every monitor has been due once: the queues are at their longest.
            Thread.sleep(forTimeInterval: 65)

            let before = try server.sample()
            var answers: [Double] = []
            while MonotonicTime.now - before.process.time < .seconds(60) {
                let begin = MonotonicTime.now
                try server.api.get("/api/v1/monitors/\(1 + answers.count * 7919 % count)")
                answers.append((MonotonicTime.now - begin) / .milliseconds(1))
                // Ten requests a second are a negligible load.
                Thread.sleep(forTimeInterval: 0.1)
            }
            let after = try server.sample()
            let rate = (after.checks - before.checks) / ((after.process.time - before.process.time) / .seconds(1))
            best = max(best, rate)
            answers.sort()
            let isLargest = count == options.scale.max()
            report.add("\(count) monitors at 60 s: stored checks a second", rate, "/s")
            report.add(
                "\(count) monitors at 60 s: share of the best",
                rate / best * 100,
                "%",
                isLargest ? .atLeast(must: 80, aim: 100) : nil
            )
            let lateness = after.lateness.since(before.lateness)
            report.add("\(count) monitors at 60 s: lateness p99", lateness.quantile(0.99) * 1e3, "ms")
            let p99 = answers[min(answers.count - 1, answers.count * 99 / 100)]
            report.add("\(count) monitors at 60 s: API p50", answers[answers.count / 2], "ms")
            report.add("\(count) monitors at 60 s: API p99", p99, "ms", isLargest ? .atMost(must: 50, aim: 50) : nil)
            report.add(
                "\(count) monitors at 60 s: resident memory",
                Double(after.process.residentBytes) / 1e6,
                "MB",
                isLargest ? .atMost(must: 700, aim: 500) : nil
            )
            let stopping = MonotonicTime.now
            try server.stop(within: .seconds(200))
            let ending = (MonotonicTime.now - stopping) / .seconds(1)
            report.add("\(count) monitors at 60 s: SIGTERM to its end", ending, "s", .atMost(must: 30, aim: 5))
        }
    }
}
