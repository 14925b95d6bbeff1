import Base
import Foundation

extension Subject {
    /// A healthy and a misbehaving target at a steady rate for many minutes; prints a line a minute.
    func measureSoak(_ options: Options, _ report: inout Report) throws {
        let rate = options.rates[0]
        let interval = 10
        let folder = try WorkFolder()
        let target = try LoopbackTarget(options, in: folder)
        let server = try SentinelServer(options, in: folder)
        try server.api.create(
            (0..<rate * interval).map { index in
                let path = index.isMultiple(of: 2) ? "/healthy/\(index)" : "/chaos/\(index)"
                return APIClient.NewMonitor(url: target.url(path), interval: interval)
            }
        )
        say("  minute      checks  checks/s  µs/check  late p99 ms  resident MB  descriptors")
        var samples = [try server.sample()]
        for minute in 1...options.minutes {
            Thread.sleep(forTimeInterval: 60)
            let sample = try server.sample()
            printRow(minute, samples[samples.count - 1], sample)
            samples.append(sample)
        }
        try server.stop()

        // The first tenth, at most five minutes, lets caches and pools fill.
        let settled = samples[min(5, max(1, options.minutes / 10))].process
        let end = samples[samples.count - 1].process
        report.add("soak: minutes at \(rate)/s", Double(options.minutes), "min")
        report.add("soak: resident memory at the end", Double(end.residentBytes) / 1e6, "MB")
        report.add("soak: growth of it", Double(end.residentBytes - settled.residentBytes) / 1e6, "MB")
        report.add("soak: file descriptors at the end", Double(end.fileDescriptors), "")
        report.add("soak: growth of them", Double(end.fileDescriptors - settled.fileDescriptors), "")
    }

    private func printRow(_ minute: Int, _ before: SentinelServer.Sample, _ after: SentinelServer.Sample) {
        let checks = after.checks - before.checks
        let seconds = (after.process.time - before.process.time) / .seconds(1)
        let cost = checks > 0 ? (after.process.cpuSeconds - before.process.cpuSeconds) * 1e6 / checks : 0
        let late = after.lateness.since(before.lateness).quantile(0.99) * 1e3
        let resident = Double(after.process.residentBytes) / 1e6
        say(
            String(
                format: "  %6d  %10.0f  %8.1f  %8.1f  %11.2f  %11.1f  %11d",
                minute,
                after.checks,
                checks / seconds,
                cost,
                late,
                resident,
                after.process.fileDescriptors
            )
        )
    }
}
