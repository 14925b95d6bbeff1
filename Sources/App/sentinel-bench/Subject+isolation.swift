import Base
import Foundation

extension Subject {
    /// Six hung and fifty healthy targets, due together: when the first and the last healthy result are stored.
    func measureIsolation(_ options: Options, _ report: inout Report) throws {
        let hung = 6
        let healthy = 50
        var firsts: [Double] = []
        var lasts: [Double] = []
        for _ in 0..<options.repeats {
            let folder = try WorkFolder()
            let target = try LoopbackTarget(options, in: folder, ports: hung + healthy)
            let server = try SentinelServer(options, in: folder)
            let monitors = (0..<hung + healthy).map { index in
                APIClient.NewMonitor(url: target.url(index < hung ? "/hang" : "/", port: index), interval: 60)
            }
            let due = MonotonicTime.now
            var missing = Array(try server.api.create(monitors).dropFirst(hung))
            var first: Double?
            try waitUntil("all healthy targets have a result", within: .seconds(60), every: 0.002) {
                let have = try server.api.haveResults(missing)
                if first == nil, have.contains(true) { first = (MonotonicTime.now - due) / .seconds(1) }
                missing = zip(missing, have).filter { !$1 }.map(\.0)
                return missing.isEmpty
            }
            firsts.append(first ?? 0)
            lasts.append((MonotonicTime.now - due) / .seconds(1))
            try server.stop()
        }
        report.add("6 hung, 50 healthy: first healthy result stored", firsts.median, "s", .atMost(must: 0.2, aim: 0.2))
        report.add("6 hung, 50 healthy: last healthy result stored", lasts.median, "s", .atMost(must: 1, aim: 1))
    }
}
