import Base
import Broker
import Domain
import Messages
import Runtime
import SQL
import SQLite
import Storage

/// A whole installation with two processes of each role, in which things go wrong for hours.
///
/// Invariant: used by the simulation's only thread.
final class World: @unchecked Sendable {
    static let logger = Logger(label: "simulation", level: .info, handler: DiaryLogHandler())

    let seed: UInt64
    let plant: Planting
    let chance: Chance
    let script: Script
    let journal = Journal()
    let receiver: Receiver
    let registry = MetricsRegistry()
    let broker: JournalBroker
    let database: any Database
    let clock = SimulatedClock()
    /// Monitors that nobody changes.
    private(set) var steady: [Monitor] = []
    /// A monitor that is paused and resumed.
    private(set) var toggled: Toggled
    var processes: [SimulatedProcess] = []
    /// All processes that there ever were.
    var everyone: [SimulatedProcess] = []
    var started = 0
    /// When nobody scheduled.
    var leaderless: [(from: Timestamp, to: Timestamp)] = []
    var accounts = Accounts()

    /// Throws when the store cannot be set up.
    init(seed: UInt64, plant: Plant?) async throws {
        self.seed = seed
        self.plant = Planting(plant)
        chance = Chance(seed: mix64(seed &+ 2))
        script = Script(seed: mix64(seed &+ 3))
        receiver = Receiver(chance: chance)
        broker = JournalBroker(inner: InProcessBroker(metrics: registry, clock: clock), journal: journal)
        var configuration = SQLiteConfiguration()
        configuration.makeExecutor = { _ in SimulatedExecutor() }
        database = try await SQLiteDatabase.open(path: ":memory:", configuration: configuration)
        _ = try await Migrator(database: database, migrations: StorageSchema.migrations).up()
        let repository = Self.monitors(on: database)
        var made: [Monitor] = []
        for (number, interval) in [60, 120, 300, 300, 600, 900, 300].enumerated() {
            var draft = MonitorDraft(
                name: "m\(number)",
                spec: CheckSpec(SimulatedKind.Settings(door: "door-\(number)")),
                interval: .seconds(interval)
            )
            draft.alerting.rule.retries = number % 3
            if number.isMultiple(of: 2) { draft.alerting.rule.retryInterval = nil }
            made.append(try await repository.insert(draft, now: Simulator.shared.wall))
        }
        let channel = Channel(
            id: ChannelID(rawValue: 0),
            name: "ops",
            kind: "simulated",
            settings: [:],
            createdAt: Simulator.shared.wall
        )
        _ = try await Self.channels(on: database).insert(channel)
        toggled = Toggled(made.removeLast(), at: Simulator.shared.wall)
        steady = made
    }

    // MARK: Parts of the store

    static func monitors(on database: any Database) -> MonitorRepository {
        MonitorRepository(
            database: database,
            settings: CheckSettingsColumn(kinds: CheckKinds([SimulatedKind.self]), seal: nil)
        )
    }

    func monitors(on database: any Database) -> MonitorRepository { Self.monitors(on: database) }

    static func channels(on database: any Database) -> ChannelRepository {
        ChannelRepository(database: database, seal: SettingsSeal(seal: { text, _ in text }) { text, _ in text })
    }

    func channels(on database: any Database) -> ChannelRepository { Self.channels(on: database) }

    // MARK: Life

    /// Runs for that many hours; returns what is wrong then.
    func run(hours: Int) async throws -> [String] {
        chance.trouble = 1
        await startEverything()
        let end = clock.now.advanced(by: .seconds(hours * 3600))
        while clock.now < end {
            await trouble(for: .seconds(6000))
            await calm()
            let wrong = try await check()
            if !wrong.isEmpty { return wrong }
        }
        return []
    }

    /// Starts two processes of each role in some order, as operators may.
    private func startEverything() async {
        Task { await beginAccounts() }
        for role in chance.shuffled(SimulatedRole.allCases + SimulatedRole.allCases) {
            launch(role)
            try? await clock.sleep(for: chance.duration(.seconds(1)...(.seconds(90))))
        }
        try? await clock.sleep(for: .seconds(60))
    }

    /// Slots count from when a scheduler has run for some time.
    private func beginAccounts() async {
        while !processes.contains(where: { $0.node.role == .scheduler && $0.hasStarted }) {
            try? await clock.sleep(for: .seconds(1))
        }
        accounts.begin(at: Simulator.shared.wall + .seconds(15))
    }

    func launch(_ role: SimulatedRole) {
        let process = makeProcess(role)
        processes.append(process)
        everyone.append(process)
        process.start()
    }

    /// Lets everything recover and finish its work.
    private func calm() async {
        chance.trouble = 0
        while processes.contains(where: \.isInTrouble) || processes.count < 2 * SimulatedRole.allCases.count {
            try? await clock.sleep(for: .seconds(5))
        }
        for process in processes { process.node.clockError = .zero }
        // Longer than an unanswered message or a receiver that failed is waited for.
        try? await clock.sleep(for: .seconds(1200))
    }

    /// Changes the monitor that is paused and resumed, as the API does.
    func toggle() async {
        let wanted = !toggled.isActive
        var draft = MonitorDraft(toggled.monitor)
        draft.isActive = wanted
        do {
            let changed = try await monitors(on: database).overwrite(
                toggled.monitor.id,
                draft,
                now: Simulator.shared.wall
            )
            toggled.set(changed, isActive: wanted, at: Simulator.shared.wall)
            Simulator.shared.say(
                "monitor \(changed.id) is \(wanted ? "resumed" : "paused"), revision \(changed.revision)"
            )
            if !chance.strikes(.broadcastLost) { await broker.broadcast(.changed(changed), on: Topics.monitorEvents) }
        } catch {
            preconditionFailure("the store of the simulation fails by itself: \(error)")
        }
    }
}

/// A monitor that is paused and resumed, and when it was.
struct Toggled {
    private(set) var monitor: Monitor
    private(set) var changes: [(at: Timestamp, isActive: Bool)]

    init(_ monitor: Monitor, at time: Timestamp) {
        self.monitor = monitor
        changes = [(time, true)]
    }

    var isActive: Bool { changes.last?.isActive ?? true }

    mutating func set(_ monitor: Monitor, isActive: Bool, at time: Timestamp) {
        self.monitor = monitor
        changes.append((time, isActive))
    }

    /// Whether it was the same for a time before and after an instant, and what; nil when it changed within.
    func isActive(around time: Timestamp, before: Duration, after: Duration) -> Bool? {
        guard !changes.contains(where: { $0.at > time - before && $0.at < time + after }) else { return nil }
        return changes.last { $0.at <= time }?.isActive
    }
}
