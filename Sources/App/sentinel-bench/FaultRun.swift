import Base
import Foundation

/// A cluster under load whose processes and engines are killed and started again.
final class FaultRun {
    /// How often each role and each engine is killed.
    static let kills = 10
    private static let flapping = 20

    /// What was found at the end.
    struct Figures {
        var stored = 0
        var missing = 0
        var silent = 0
        var doubled = 0
        var outages = 0
        var wrongOutages = 0
        var wrongIncidents = 0
        var repeated = 0
    }

    private enum Victim {
        case role(ClusterRoles.Role)
        case engine(ClusterEngines.Engine)
    }

    private let peer: AlertPeer
    private let engines: ClusterEngines
    private let roles: ClusterRoles
    private let start: Timestamp
    /// Missed and skipped slots, as each process that ended counted them last.
    private var countedByEnded = 0.0
    private var outages = 0
    private var isFailing = false
    private var lastFlap = MonotonicTime.now

    init(_ options: Options, _ folder: WorkFolder, _ target: LoopbackTarget) throws {
        let peer = try AlertPeer()
        self.peer = peer
        engines = try ClusterEngines(in: folder)
        let counts = Dictionary(uniqueKeysWithValues: ClusterRoles.Role.allCases.map { ($0, 2) })
        roles = try ClusterRoles(
            options,
            in: folder,
            engines,
            kafka: options.kafka,
            counts: counts,
            environment: ["LOG_LEVEL": "info"]
        )
        let api = try roles.api()
        let hook =
            #"{"name":"bench","kind":"webhook","settings":{"url":"\#(peer.url("/hook"))"},"rate_per_minute":600}"#
        try api.post([("/api/v1/channels", hook)])
        try api.post(
            (0..<Self.flapping).map {
                ("/api/v1/monitors", #"{"name":"f\#($0)","url":"\#(peer.url("/f\($0)"))","interval":10,"retries":0}"#)
            }
        )
        try api.create(15_000, interval: 30, at: target)
        Thread.sleep(forTimeInterval: 32)  // each monitor was checked once
        start = .now
    }

    private var paths: [String] { (0..<Self.flapping).map { "/f\($0)" } }

    /// Kills in a random order, with a few seconds between, until each has had its share.
    func killAll(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var victims: [Victim] = []
        for _ in 0..<Self.kills {
            victims += ClusterRoles.Role.allCases.map { .role($0) } + ClusterEngines.Engine.allCases.map { .engine($0) }
        }
        victims.shuffle(using: &random)
        for (index, victim) in victims.enumerated() {
            let next = MonotonicTime.now + .milliseconds(4000 + Int(random.next() % 3000))
            switch victim {
            case .role(let role):
                let members = roles.all(role)
                let member = members[Int(random.next() % UInt64(members.count))]
                countedByEnded += counted(member)
                say("  \(index + 1)/\(victims.count): kill \(role.rawValue) \(member.number)")
                roles.kill(member)
                try roles.restart(member)
            case .engine(let engine):
                say("  \(index + 1)/\(victims.count): kill \(engine.rawValue)")
                try engines.kill(engine)
                Thread.sleep(forTimeInterval: 0.5)  // the engine stays away
                try engines.start(engine)
            }
            flapIfDue()
            Thread.sleep(forTimeInterval: max(0, (next - .now).inSeconds))  // the work goes on between the kills
        }
    }

    /// Lets the target of the flapping monitors fail for at least 45 seconds, and be healthy for as long.
    private func flapIfDue() {
        guard (MonotonicTime.now - lastFlap) > .seconds(45) else { return }
        flap()
    }

    private func flap() {
        isFailing ? peer.heal(paths) : peer.fail(paths)
        isFailing.toggle()
        if isFailing { outages += Self.flapping }
        lastFlap = .now
    }

    /// Slots that a process counted as missed or skipped.
    private func counted(_ member: ClusterRoles.Member) -> Double {
        guard let metrics = roles.metrics(member) else { return 0 }
        return metrics.sum("sentinel_checks_skipped_total") + metrics.sum("sentinel_slots_missed_total")
    }

    /// Ends the load, waits until everything is processed, and counts.
    func settle() throws -> Figures {
        for member in roles.members { try roles.waitUntilReady(member) }
        if isFailing {
            Thread.sleep(forTimeInterval: 30)  // the last failure lasts for some checks
            flap()
        }
        Thread.sleep(forTimeInterval: 40)  // the load goes on, so that the end of the window lies behind
        let end = Timestamp.now - .seconds(5)
        var last = -1
        try waitUntil("all results until the end are stored", within: .seconds(180), every: 5) {
            let count = try number("SELECT count(*) FROM results WHERE scheduled_at < \(end.milliseconds)")
            defer { last = count }
            return count == last
        }
        var figures = Figures()
        figures.stored = last
        let (from, to) = (start.milliseconds, end.milliseconds)
        // Slots before the first result, between the results and after the last; all of a monitor that has none.
        figures.missing = try number(
            """
            SELECT coalesce(sum(CASE WHEN found = 0 THEN (\(to) - \(from)) / step
                ELSE (first - \(from)) / step + (last - first) / step + 1 - found + (\(to) - 1 - last) / step END), 0)
            FROM (
                SELECT m.interval_seconds * 1000 AS step, count(r.scheduled_at) AS found,
                    min(r.scheduled_at) AS first, max(r.scheduled_at) AS last
                FROM monitors m LEFT JOIN results r ON r.monitor_id = m.id
                    AND r.scheduled_at >= \(from) AND r.scheduled_at < \(to)
                GROUP BY m.id) AS s
            """
        )
        let known = countedByEnded + roles.members.reduce(0) { $0 + counted($1) }
        say("  \(Int(known)) slots were counted as missed or skipped")
        figures.silent = max(0, figures.missing - Int(known))
        figures.doubled = try number(
            "SELECT count(*) - count(DISTINCT (monitor_id, scheduled_at, region)) FROM results"
        )
        figures.outages = outages
        let incidents = try number("SELECT count(*) FROM incidents")
        figures.wrongOutages = abs(incidents - outages)
        countNotifications(&figures, incidents: incidents)
        try roles.stop()
        try engines.stop()
        return figures
    }

    private func countNotifications(_ figures: inout Figures, incidents: Int) {
        var keys: Set<String> = []
        var events: [Int64: [String]] = [:]
        for arrival in peer.arrivals {
            guard keys.insert(arrival.key).inserted else {
                figures.repeated += 1
                continue
            }
            for item in arrival.body["items"]?.arrayValue ?? [] {
                events[item["incident_id"]?.integerValue ?? 0, default: []].append(item["event"]?.stringValue ?? "")
            }
        }
        figures.wrongIncidents =
            events.values.count { $0 != ["firing", "resolved"] } + max(0, incidents - events.count)
        for (incident, list) in events where list != ["firing", "resolved"] { say("  incident \(incident): \(list)") }
    }

    private func number(_ statement: String) throws -> Int {
        guard let text = try engines.query(statement), let value = Int(text) else {
            throw BenchError("PostgreSQL did not answer: \(statement.prefix(100))")
        }
        return value
    }
}
