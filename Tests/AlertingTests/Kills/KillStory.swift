import Messages
import Base
import Broker
import Domain
import Pipeline
import SQLite
import Storage
import TestSupport

@testable import Alerting

/// Monitors that go down and up at random, and processes that send notifications, each killed at some step.
struct KillStory {
    /// An outage according to the checks.
    struct Outage: Equatable {
        let monitor: String
        let from: Timestamp
        var to: Timestamp?
    }

    /// One monitor and its checks so far.
    struct Watched {
        let monitor: Monitor
        var isUp = true
        var failures = 0
    }

    let receiver: FickleReceiver
    private let database: SQLiteDatabase
    private let wall = AlertingBench.Wall()
    private var random: SeededGenerator
    private var process: (bench: AlertingBench, life: Lifeline)?
    private var batch: [CheckResult] = []
    private var mayDie = true

    private(set) var watched: [Watched] = []
    private(set) var outages: [Outage] = []
    /// The instants at which everything due had been sent before the next checks were judged.
    private(set) var lulls: [Timestamp] = []
    private(set) var kills = 0

    init(seed: UInt64) async throws {
        random = SeededGenerator(seed: seed)
        receiver = FickleReceiver(seed: random.next())
        database = try await SQLiteDatabase.open(path: ":memory:")
        let bench = try await AlertingBench(database, wall: wall)
        var channels: [ChannelID] = []
        for (name, kind) in [("ops", "webhook"), ("pager", "single"), ("team", "webhook")] {
            let channel = try await bench.addChannel(name, kind: kind) { channel in
                (channel.ratePerMinute, channel.isDefault) = (600, name == "ops")
            }
            channels.append(channel.id)
        }
        for (name, matcher, places) in [("web", "tag=web", [0, 1]), ("db", "tag=db", [2, 0])] {
            var policy = Policy(id: 0, name: name, channels: places.map { channels[$0] })
            policy.matchers = [try LabelMatcher(matcher)]
            policy.delay = .seconds([0, 0, 45].randomElement(using: &random) ?? 0)
            policy.groupBy = [[], ["tag"]].randomElement(using: &random) ?? []
            policy.groupInterval = .seconds([10, 30, 60].randomElement(using: &random) ?? 10)
            policy.repeatInterval = [nil, .seconds(120)].randomElement(using: &random) ?? nil
            policy.continues = Bool.random(using: &random)
            _ = try await bench.policies.insert(policy)
        }
        for (name, tags) in [("a", ["web"]), ("b", ["web", "db"]), ("c", ["db"]), ("d", [])] {
            let retries = Int.random(in: 0...1, using: &random)
            let monitor = try await bench.add(name, tags: tags) { $0.rule.retries = retries }
            watched.append(Watched(monitor: monitor))
        }
        try await bench.stop()
    }

    // MARK: Telling

    /// Lets some time pass and checks every monitor once.
    mutating func round() async throws {
        try await pass(.seconds(Int64.random(in: 10...50, using: &random)))
        for index in watched.indices {
            if Int.random(in: 0..<3, using: &random) == 0 { watched[index].isUp.toggle() }
        }
        try await check()
    }

    /// Brings everything up again, and lets every message through.
    mutating func end() async throws {
        mayDie = false
        try await pass(.seconds(30))
        for index in watched.indices { watched[index].isUp = true }
        try await check()
        for _ in 0..<200 { try await pass(.seconds(60)) }
        try await process?.bench.stop()
    }

    /// The stored outages.
    func incidents() async throws -> [Incident] {
        try await IncidentRepository(database: database).list(limit: 10_000).reversed()
    }

    /// The routes of a monitor's incidents.
    func routes(_ monitor: Monitor) async throws -> [(route: Route, isDigesting: Bool)] {
        let channels = try await ChannelRepository(
            database: database,
            seal: SettingsSeal(seal: { text, _ in text }) { text, _ in text }
        ).list()
        let policies = try await PolicyRepository(database: database).list()
        let labels = ["tag": monitor.tags, "name": [monitor.name]]
        return Route.routes(for: labels, policies, channels).map { route in
            (route, channels.first { $0.id == route.channel }?.kind != "single")
        }
    }

    private mutating func pass(_ time: Duration) async throws {
        var hasPassed = false
        try await live { bench in
            if hasPassed { bench.sender.wake() } else { bench.advance(by: time) }
            hasPassed = true
        }
        lulls.append(wall.now)
    }

    private mutating func check() async throws {
        let before = batch
        let now = wall.now
        batch = watched.map { watched in
            var outcome = Outcome(latency: .milliseconds(9))
            if !watched.isUp { outcome.failure = .init(.connectRefused, in: .connect, "refused") }
            return CheckResult(
                monitorID: watched.monitor.id,
                region: .local,
                scheduledAt: now,
                checkedAt: now,
                outcome: outcome,
                url: watched.monitor.spec.target
            )
        }
        let batch = batch
        // Unacknowledged messages are repeated, and sometimes acknowledged ones.
        var messages = batch
        try await live { bench in
            try await bench.broker.publish(messages, to: Topics.results)
            for result in batch { await bench.judged(result) }
            await bench.settle()
            messages = before + batch
        }
        for index in watched.indices { note(index) }
    }

    /// Applies the documented rule to a check.
    private mutating func note(_ index: Int) {
        let monitor = watched[index].monitor
        let open = outages.lastIndex { $0.monitor == monitor.name && $0.to == nil }
        if watched[index].isUp {
            watched[index].failures = 0
            if let open { outages[open].to = wall.now }
        } else {
            watched[index].failures += 1
            if open == nil, watched[index].failures > monitor.alerting.rule.retries {
                outages.append(Outage(monitor: monitor.name, from: wall.now))
            }
        }
    }

    // MARK: Living and dying

    /// Runs a body and lets everything settle, in as many processes as needed.
    private mutating func live(_ body: (AlertingBench) async throws -> Void) async throws {
        while true {
            let (bench, life) = try await running()
            try await body(bench)
            let receiver = receiver
            try await bench.drain { receiver.hanging }
            if !life.isDead { return }
            kills += 1
            process = nil
            try await bench.stop()
        }
    }

    private mutating func running() async throws -> (bench: AlertingBench, life: Lifeline) {
        if let process {
            if !mayDie { process.life.set(steps: .max) }
            return process
        }
        let steps = Int.random(in: 1...150, using: &random)
        let isEarly = Int.random(in: 0..<5, using: &random) == 0
        let life = Lifeline(steps: isEarly && mayDie ? steps : .max)
        let receiver = receiver
        let bench = try await AlertingBench(database, life: life, wall: wall) { message, channel, clock in
            await receiver.take(message, channel, clock)
        }
        if !isEarly, mayDie { life.set(steps: steps) }
        process = (bench, life)
        return (bench, life)
    }
}
