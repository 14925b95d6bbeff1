import Base
import Foundation

extension Subject {
    /// Healthy monitors of ten seconds beside thousands on targets that never answer: how many are checked, and how
    /// late.
    func measureHung(_ options: Options, _ report: inout Report) throws {
        let healthy = 100
        for (hung, hosts) in [(20_000, 1), (20_000, 6), (60_000, 1)] {
            let folder = try WorkFolder()
            let target = try LoopbackTarget(options, in: folder, ports: hosts + 1)
            let slow = (0..<hosts).map { host in
                MonitorGroup(
                    name: "hung-\(host)-",
                    url: target.url("/hang", port: host),
                    count: hung / hosts,
                    interval: 60
                )
            }
            let good = MonitorGroup(name: "good-", url: target.url("/", port: hosts), count: healthy, interval: 10)
            try fill(options, folder, slow + [good])

            let server = try SentinelServer(options, in: folder)
            // The measured time: each hung monitor times out at least once, each healthy one is due nine times.
            Thread.sleep(forTimeInterval: 95)
            // The healthy monitors were inserted last.
            let first = hung / hosts * hosts
            let lateness = try server.api.lateness((1...healthy).map { first + $0 })
            let stopping = MonotonicTime.now
            try server.stop(within: .seconds(60))
            let name = "\(healthy) healthy beside \(hung) on \(hosts) hung"
            report.add("\(name): never checked", Double(lateness.count { $0.isEmpty }), "", .atMost(must: 0, aim: 0))
            let all = lateness.flatMap(\.self).sorted()
            report.add("\(name): checks", Double(all.count), "")
            report.add("\(name): lateness p50", all.isEmpty ? 0 : all[all.count / 2] * 1e3, "ms")
            let p99 = all.isEmpty ? .infinity : all[min(all.count - 1, all.count * 99 / 100)] * 1e3
            report.add("\(name): lateness p99", p99, "ms", .atMost(must: 100, aim: 20))
            report.add("\(name): lateness maximum", (all.last ?? 0) * 1e3, "ms")
            report.add("\(name): SIGTERM to its end", (MonotonicTime.now - stopping) / .seconds(1), "s")
        }
    }
}
