import Base
import Foundation

extension Subject {
    /// The time from a failing answer to the notification, one by one and for five thousand at once, at 500 checks a
    /// second.
    func measureAlerting(_ options: Options, _ report: inout Report) throws {
        let (mass, singles) = (5000, 210)
        let peer = try AlertPeer()
        let folder = try WorkFolder()
        let server = try SentinelServer(options, in: folder)
        try server.api.post([
            (
                "/api/v1/channels",
                #"{"name":"bench","kind":"webhook","settings":{"url":"\#(peer.url("/hook"))"},"rate_per_minute":600}"#
            ),
            (
                "/api/v1/policies",
                #"{"name":"mass","matchers":["tag=mass"],"channels":[1],"group_by":["severity"],"group_interval":2}"#
            ),
        ])
        try server.api.post(
            (0..<mass + singles).map { index in
                let tag = index < mass ? "mass" : "single"
                return (
                    "/api/v1/monitors",
                    #"{"name":"m\#(index)","url":"\#(peer.url("/m\(index)"))","interval":10,"retries":0,"tags":["\#(tag)"]}"#
                )
            }
        )
        func count(_ state: String) throws -> Int {
            Int(try server.sample().metrics.sum("sentinel_monitors", "state", state))
        }
        try waitUntil("all monitors are up", within: .seconds(120), every: 0.1) { try count("up") == mass + singles }
        try measureSingles(Array(mass..<mass + singles), peer, &report)
        try measureMass(mass, peer, &report) { try count("down") == mass + singles }
        try server.stop()
    }

    /// Some seven failures a second, so that each is notified separately.
    private func measureSingles(_ numbers: [Int], _ peer: AlertPeer, _ report: inout Report) throws {
        for start in stride(from: 0, to: numbers.count, by: 70) {
            peer.fail(numbers[start..<start + 70].map { "/m\($0)" })
            try waitUntil("seventy failures are notified", within: .seconds(60), every: 0.1) {
                Self.firstNotifications(peer.arrivals).count >= start + 70
            }
        }
        let notified = Self.firstNotifications(peer.arrivals)
        let delays = peer.failedAt.compactMap { path, at in
            notified[String(path.dropFirst())].map { ($0 - at) / .seconds(1) * 1000 }
        }.sorted()
        guard delays.count == numbers.count else {
            throw BenchError("\(delays.count) of \(numbers.count) were notified")
        }
        report.add("failing answer to notification, p50", delays[delays.count / 2], "ms")
        report.add(
            "failing answer to notification, p99",
            delays[delays.count * 99 / 100],
            "ms",
            .atMost(must: 250, aim: 50)
        )
    }

    private func measureMass(
        _ count: Int,
        _ peer: AlertPeer,
        _ report: inout Report,
        allAreDown: () throws -> Bool
    ) throws {
        let before = peer.arrivals.count
        peer.fail((0..<count).map { "/m\($0)" })
        var downAt: MonotonicTime?
        var notified = 0
        try waitUntil("five thousand failures are notified", within: .seconds(60), every: 0.02) {
            if downAt == nil, try allAreDown() { downAt = .now }
            notified = peer.arrivals.dropFirst(before).reduce(0) { $0 + Int($1.body["count"]?.integerValue ?? 0) }
            return notified >= count && downAt != nil
        }
        let last = peer.failedAt.values.max { $0.nanoseconds < $1.nanoseconds } ?? .now
        let arrivals = peer.arrivals.dropFirst(before)
        guard notified == count else { throw BenchError("\(notified) instead of \(count) were notified") }
        let notifiedAt = arrivals.last?.at ?? .now
        let name = "\(count) fail"
        report.add("\(name): notifications", Double(arrivals.count), "", .atMost(must: 10, aim: 10))
        report.add(
            "\(name): last failing answer to all states",
            ((downAt ?? .now) - last) / .seconds(1),
            "s",
            .atMost(must: 5, aim: 1)
        )
        report.add(
            "\(name): last failing answer to last notification",
            (notifiedAt - last) / .seconds(1),
            "s",
            .atMost(must: 5, aim: 3)
        )
    }

    /// When the first notification about each monitor arrived, by its name.
    static func firstNotifications(_ arrivals: [AlertPeer.Arrival]) -> [String: MonotonicTime] {
        var found: [String: MonotonicTime] = [:]
        for arrival in arrivals {
            for item in arrival.body["items"]?.arrayValue ?? [] {
                guard let name = item["subject"]?.stringValue, found[name] == nil else { continue }
                found[name] = arrival.at
            }
        }
        return found
    }
}
