import Base
import Foundation

extension Subject {
    /// How late checks and notifications are when a process of a role is killed and another one takes over.
    ///
    /// Two of each role over PostgreSQL and Redis, 100 checks a second; the busier one of the two is killed, and the
    /// other one too after the first has been started again.
    func measureTakeover(_ options: Options, _ report: inout Report) throws {
        let folder = try WorkFolder()
        let peer = try AlertPeer()
        let engines = try ClusterEngines(in: folder)
        let counts = Dictionary(uniqueKeysWithValues: ClusterRoles.Role.allCases.map { ($0, 2) })
        let roles = try ClusterRoles(options, in: folder, engines, kafka: options.kafka, counts: counts)
        let api = try roles.api()
        try api.post([
            (
                "/api/v1/channels",
                #"{"name":"bench","kind":"webhook","settings":{"url":"\#(peer.url("/hook"))"},"rate_per_minute":600}"#
            )
        ])
        try api.post(
            (0..<1000).map {
                (
                    "/api/v1/monitors",
                    #"{"name":"m\#($0)","url":"\#(peer.url("/m\($0)"))","interval":10,"retries":0}"#
                )
            }
        )
        try waitUntil("every monitor is checked", within: .seconds(60), every: 0.1) { peer.requests.count == 1000 }
        Thread.sleep(forTimeInterval: 12)  // each monitor was checked once
        for (role, must, aim) in [
            (ClusterRoles.Role.scheduler, 10.0, 3.0), (.worker, 30, 10), (.processor, 30, 10),
        ] {
            var delays: [Double] = []
            for _ in 0..<options.repeats {
                let killed = try killBusier(role, roles)
                Thread.sleep(forTimeInterval: 25)  // longer than a takeover may last, so that its end is seen
                try roles.waitUntilReady(try roles.restart(killed.member))
                delays.append(Self.longestDelay(peer, since: killed.at))
                Thread.sleep(forTimeInterval: 5)  // the delayed checks are over
            }
            report.add("\(role.rawValue) killed: a check's longest delay", delays.median, "s")
            report.add(
                "\(role.rawValue) killed: the worst of \(delays.count)",
                delays.max() ?? 0,
                "s",
                .atMost(must: must, aim: aim)
            )
        }
        var delays: [Double] = []
        for round in 0..<options.repeats {
            let paths = (round * 40..<round * 40 + 40).map { "/m\($0)" }
            peer.fail(paths)
            let killed = try killBusier(.alerter, roles)
            var notified: [String: MonotonicTime] = [:]
            try waitUntil("forty failures are notified", within: .seconds(90), every: 0.05) {
                notified = Self.firstNotifications(peer.arrivals)
                return paths.allSatisfy { notified[String($0.dropFirst())] != nil }
            }
            let failed = peer.failedAt
            delays.append(
                paths.compactMap { path in
                    guard let end = notified[String(path.dropFirst())], let begin = failed[path] else { return nil }
                    return (end - begin) / .seconds(1)
                }.max() ?? 0
            )
            try roles.waitUntilReady(try roles.restart(killed.member))
            Thread.sleep(forTimeInterval: 10)  // the new process has its share
        }
        report.add("alerter killed: failing answer to notification", delays.median, "s")
        report.add(
            "alerter killed: the worst of \(delays.count)",
            delays.max() ?? 0,
            "s",
            .atMost(must: 15, aim: 5)
        )
        try roles.stop()
        try engines.stop()
    }

    /// Kills the process of a role that has used the most CPU since it was watched: the one that leads, if one does.
    private func killBusier(
        _ role: ClusterRoles.Role,
        _ roles: ClusterRoles
    ) throws -> (member: ClusterRoles.Member, at: MonotonicTime) {
        let members = roles.all(role)
        let before = try members.map { try ProcessSample(of: $0.process.pid).cpuSeconds }
        Thread.sleep(forTimeInterval: 4)  // the measured time
        let used = try zip(members, before).map { try ProcessSample(of: $0.process.pid).cpuSeconds - $1 }
        guard let most = used.max(), let index = used.firstIndex(of: most) else {
            throw BenchError("no \(role.rawValue) runs")
        }
        let now = MonotonicTime.now
        roles.kill(members[index])
        return (members[index], now)
    }

    /// By how many seconds a path's next request came later than its interval of ten seconds, at most.
    private static func longestDelay(_ peer: AlertPeer, since start: MonotonicTime) -> Double {
        peer.requests.values.reduce(0) { longest, times in
            zip(times, times.dropFirst()).filter { $1 > start }
                .reduce(longest) { max($0, ($1.1 - $1.0) / .seconds(1) - 10) }
        }
    }
}
