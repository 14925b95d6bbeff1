import Base
import Foundation

extension Subject {
    /// CPU per check of bare sockets, of Sentinel and of blackbox_exporter, at the same rates; and the lateness.
    func measureCost(_ options: Options, _ report: inout Report) throws {
        let folder = try WorkFolder()
        let target = try LoopbackTarget(options, in: folder)
        for (index, rate) in options.rates.enumerated() {
            let paced = try floorCost(options, target, rate: rate, paced: true, folder)
            report.add("bare sockets, \(rate)/s: CPU a check", paced, "µs")
            let unpaced = try floorCost(options, target, rate: rate, paced: false, folder)
            report.add("bare sockets, back to back: CPU a check", unpaced, "µs")
            let ours = try sentinelCost(options, target, rate: rate, &report)
            report.add("sentinel, \(rate)/s: CPU a stored check", ours, "µs")
            // A few checks a second each wake the program, and bare sockets too; many share a wake-up.
            report.add("sentinel ÷ bare sockets, \(rate)/s", ours / paced, "×", .atMost(must: 1.9, aim: 1.6))
            report.add(
                "sentinel ÷ bare sockets back to back, \(rate)/s",
                ours / unpaced,
                "×",
                index == 0 ? nil : .atMost(must: 1.7, aim: 1.45)
            )
            guard index == 0 else { continue }
            let exporter = try BlackboxExporter(in: folder)
            let theirs = try (0..<options.repeats).map { _ in
                try exporter.cost(of: target.url("/"), rate: rate, seconds: options.seconds)
            }.median
            report.add("blackbox_exporter, \(rate)/s: CPU a probe", theirs, "µs")
            report.add("blackbox_exporter ÷ sentinel, \(rate)/s", theirs / ours, "×", .atLeast(must: 5, aim: 7))
        }
    }

    /// Microseconds of CPU per check of the C client, paced at that rate or as many checks back to back.
    private func floorCost(
        _ options: Options,
        _ target: LoopbackTarget,
        rate: Int,
        paced: Bool,
        _ folder: WorkFolder
    ) throws -> Double {
        try (0..<options.repeats).map { _ in try floorRun(options, target, rate: rate, paced: paced, folder) }.median
    }

    private func floorRun(
        _ options: Options,
        _ target: LoopbackTarget,
        rate: Int,
        paced: Bool,
        _ folder: WorkFolder
    ) throws -> Double {
        let output = folder.file("floor-\(MonotonicTime.now.nanoseconds).json")
        let arguments =
            [
                "\(options.tools)/floor", "--port", "\(target.ports[0])", "--count", "\(rate * options.seconds)",
            ] + (paced ? ["--rate", "\(rate)"] : [])
        try ChildProcess(arguments, output: output).wait(within: .seconds(options.seconds + 30))
        let result = try JSONValue(parsing: Array(Data(contentsOf: URL(fileURLWithPath: output))))
        guard let cost = result["microseconds_per_check"]?.doubleValue else {
            throw BenchError("floor printed no cost")
        }
        return cost
    }

    /// Microseconds of CPU per stored check of a server at that rate; also reports lateness and memory.
    private func sentinelCost(
        _ options: Options,
        _ target: LoopbackTarget,
        rate: Int,
        _ report: inout Report
    ) throws -> Double {
        let interval = 10
        let folder = try WorkFolder()
        let server = try SentinelServer(options, in: folder)
        try server.api.create(rate * interval, interval: interval, at: target)
        Thread.sleep(forTimeInterval: TimeInterval(interval) + 2)  // each monitor was checked once

        let first = try server.sample()
        var last = first
        let costs = try costWindows(options) {
            last = try server.sample()
            return (last.process.cpuSeconds, last.checks)
        }
        let seconds = (last.process.time - first.process.time) / .seconds(1)
        let lateness = last.lateness.since(first.lateness)
        report.add("sentinel, \(rate)/s: stored checks a second", (last.checks - first.checks) / seconds, "/s")
        report.add("sentinel, \(rate)/s: lateness p50", lateness.quantile(0.5) * 1e3, "ms")
        report.add("sentinel, \(rate)/s: lateness p99", lateness.quantile(0.99) * 1e3, "ms", .atMost(must: 20, aim: 5))
        report.add("sentinel, \(rate)/s: lateness maximum since start", last.maximumLateness * 1e3, "ms")
        report.add("sentinel, \(rate)/s: resident memory", Double(last.process.residentBytes) / 1e6, "MB")
        report.add("sentinel, \(rate)/s: file descriptors", Double(last.process.fileDescriptors), "")
        try server.stop()
        return costs.median
    }
}
