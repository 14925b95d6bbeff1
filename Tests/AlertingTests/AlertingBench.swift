import Messages
import Base
import Broker
import Domain
import Lease
import Live
import Pipeline
import Runtime
import Results
import SQL
import Storage
import TestSupport
import Testing
import ZoneInfo

@testable import Alerting

/// An alerter and a sender over a database, with clocks that only the test moves.
struct AlertingBench {
    /// The messages that channels received, and their answers.
    final class Receiver: Sendable {
        private struct State {
            var messages: [(channel: String, message: AlertMessage)] = []
            var keys: [String: Int] = [:]
        }
        private let state = Locked(State())
        private let answers = Locked<[String: @Sendable (Int) -> DeliveryOutcome]>([:])

        /// Every accepted message, in order.
        var messages: [(channel: String, message: AlertMessage)] { state.withLock { $0.messages } }
        var items: [AlertMessage.Item] { messages.flatMap(\.message.items) }
        /// `channel event subject`, one line an item.
        var log: [String] {
            messages.flatMap { sent in sent.message.items.map { "\(sent.channel) \($0.event.rawValue) \($0.subject)" } }
        }
        /// How often each key was tried.
        var tries: [String: Int] { state.withLock { $0.keys } }

        /// Sets a channel's answer to the n-th try of a message, from 1.
        func answer(_ channel: String, _ body: @escaping @Sendable (Int) -> DeliveryOutcome) {
            answers.withLock { $0[channel] = body }
        }

        func take(_ message: AlertMessage, _ channel: Channel) -> DeliveryOutcome {
            let count = state.withLock { state in
                state.keys[message.id, default: 0] += 1
                return state.keys[message.id] ?? 0
            }
            let outcome = answers.withLock { $0[channel.name] }?(count) ?? .delivered(reference: nil)
            if case .delivered = outcome { state.withLock { $0.messages.append((channel.name, message)) } }
            return outcome
        }
    }

    /// The time of day, which follows a manual clock and can also be set.
    final class Wall: Sendable {
        let clock = ManualClock()
        private let start = Locked(Timestamp(milliseconds: 1_795_000_000_000))
        var now: Timestamp { start.withLock { $0 } + clock.now.offset }
        /// Sets the time of day, forward or back, without time passing.
        func advance(by duration: Duration) { start.withLock { $0 = $0 + duration } }
    }

    let wall: Wall
    var clock: ManualClock { wall.clock }
    let registry = MetricsRegistry()
    let live = LiveHub(lastID: 0)
    let broker: InProcessBroker
    let database: any Database
    let monitors: MonitorRepository
    let incidents: IncidentRepository
    let results: any ResultStore
    let channels: ChannelRepository
    let policies: PolicyRepository
    let silences: SilenceRepository
    let maintenance: MaintenanceRepository
    let notifications: NotificationRepository
    let planner: NotificationPlanner
    let regions: RegionDirectory
    let receiver = Receiver()
    let records = RecordedLog()
    let alerter: Alerter<ManualClock>
    let sender: NotificationSender<ManualClock>
    private let shutdown = GracefulShutdown()
    private let running: [Task<Void, any Error>]

    private let life: Lifeline

    typealias Delivery = @Sendable (AlertMessage, Channel, ManualClock) async -> DeliveryOutcome

    /// Each role reaches the database only while its process lives; the receiver answers unless `deliver` is given.
    init(
        _ database: (any Database)? = nil,
        life: Lifeline = Lifeline(),
        wall: Wall = Wall(),
        lease: any LeaderLease = SoleLeader(),
        hasRegions: Bool = false,
        processorPatience: Duration = .zero,
        deliver: Delivery? = nil
    ) async throws {
        let inner: any Database
        if let database { inner = database } else { inner = try await DatabaseBackend.current.open() }
        (self.database, self.life, self.wall) = (inner, life, wall)
        _ = try await Migrator(database: inner, migrations: StorageSchema.migrations).up()
        let installation = try await Installation.id(inner)
        let opened = CrashingDatabase(inner, life)
        broker = InProcessBroker(metrics: registry)
        monitors = MonitorRepository(database: opened, settings: .forTests)
        incidents = IncidentRepository(database: opened)
        results = ResultBackend(of: inner).make(on: opened)
        channels = ChannelRepository(
            database: opened,
            seal: SettingsSeal(seal: { text, _ in text }) { text, _ in text }
        )
        policies = PolicyRepository(database: opened)
        silences = SilenceRepository(database: opened)
        maintenance = MaintenanceRepository(database: opened)
        notifications = NotificationRepository(database: opened)
        let logger = Logger(label: "test", handler: records)
        planner = NotificationPlanner(
            channels: channels,
            links: IncidentLinks(base: "http://sentinel.test", installation: installation),
            logger: logger
        )
        let (receiver, clock) = (receiver, wall.clock)
        let open = OpenIncidents(incidents: incidents, planner: planner, logger: logger)
        let sender = NotificationSender(
            channels: channels,
            outbox: OutboxRepository(database: opened),
            notifications: notifications,
            installation: installation,
            metrics: NotificationMetrics(registry),
            logger: logger,
            clock: clock,
            now: { wall.now },
            lease: lease,
            planMissing: { () async throws(StorageError) in try await open.planMissing(at: wall.now) },
            isDigesting: { $0 != "single" },
            deliver: { message, channel in
                guard life.step() else { return .retry(reason: "the process is gone", after: nil) }
                let outcome = await deliver?(message, channel, clock) ?? receiver.take(message, channel)
                return life.step() ? outcome : .retry(reason: "the process is gone", after: nil)
            }
        )
        self.sender = sender
        let regions = RegionDirectory(database: opened, standard: .local)
        self.regions = regions
        alerter = Alerter(
            broker: broker,
            statuses: StatusRepository(database: opened, settings: .forTests),
            regions: hasRegions ? regions : nil,
            writer: OutageWriter(
                incidents: incidents,
                results: results,
                planner: planner,
                regions: hasRegions ? regions.naming : .always("local")
            ),
            metrics: AlertingMetrics(registry),
            logger: logger,
            clock: clock,
            now: { wall.now },
            processorPatience: processorPatience,
            maintenance: MaintenanceClock(
                maintenance,
                monitors: monitors,
                broker: broker,
                zones: ZoneFiles(),
                logger: logger,
                clock: clock,
                now: { wall.now }
            ),
            wake: { _ in sender.wake() },
            publish: { [live] in live.publish($0) }
        )
        let (alerter, shutdown) = (alerter, shutdown)
        running = [
            Task { try await sender.run(until: shutdown) }, Task { try await alerter.run(until: shutdown) },
        ]
        let registry = registry
        await eventually { life.isDead || registry.prometheusText().contains("monitoring-results") }
    }

    func stop() async throws {
        shutdown.trigger()
        for task in running { try await task.value }
    }

    /// Lets time pass, and waits for everything that was due.
    func advance(by duration: Duration) {
        clock.advance(by: duration)
        sender.wake()
    }

    @discardableResult
    /// Adds a monitor that counts each check, however soon it follows.
    func add(
        _ name: String,
        tags: [String] = [],
        _ change: (inout MonitorAlerting) -> Void = { $0.rule.retries = 0 }
    ) async throws -> Monitor {
        var draft = MonitorDraft(name: name, spec: CheckSpec.http("http://\(name).test/"), tags: tags)
        draft.alerting.rule.retryInterval = nil
        change(&draft.alerting)
        return try await monitors.insert(draft, now: wall.now)
    }

    @discardableResult
    func addChannel(
        _ name: String,
        kind: String = "webhook",
        _ change: (inout Channel) -> Void = { _ in }
    ) async throws -> Channel {
        var channel = Channel(
            id: ChannelID(rawValue: 0),
            name: name,
            kind: kind,
            settings: ["url": "http://\(name).test/"],
            createdAt: wall.now
        )
        change(&channel)
        let stored = try await channels.insert(channel)
        sender.channelsChanged()
        return stored
    }

    /// A check's result, a second after the last one.
    func result(_ monitor: Monitor, up: Bool, _ change: (inout Outcome) -> Void = { _ in }) -> CheckResult {
        var outcome = Outcome(latency: .milliseconds(12))
        outcome.statusCode = up ? 200 : 503
        outcome.remoteAddress = "127.0.0.1:80"
        if !up { outcome.failure = .init(.httpStatus, in: .assertion, "status 503, expected 200-399") }
        change(&outcome)
        return CheckResult(
            monitorID: monitor.id,
            region: .local,
            scheduledAt: wall.now,
            checkedAt: wall.now,
            outcome: outcome,
            url: monitor.spec.target
        )
    }

    /// Stores and publishes one result for each letter, a second apart: `.` up, `s` up after two seconds,
    /// `x` down; waits until it is judged.
    func tell(_ monitor: Monitor, _ letters: String) async throws {
        for letter in letters {
            advance(by: .seconds(1))
            let result = result(monitor, up: letter != "x") { if letter == "s" { $0.latency = .seconds(2) } }
            _ = try await results.append([result])
            try await broker.publish([result], to: Topics.results)
            await eventually { await alerter.entry(monitor.id)?.scheduledAt == result.scheduledAt }
            // The next input waits for what this one writes.
            await alerter.settle()
        }
    }

    var isDead: Bool { life.isDead }

    /// Waits until a result is judged, or the process is dead.
    func judged(_ result: CheckResult) async {
        await eventually {
            if isDead { return true }
            guard let known = await alerter.entry(result.monitorID)?.scheduledAt else { return false }
            return known >= result.scheduledAt
        }
    }

    /// Waits until the alerter has finished everything before, or the process is dead.
    func settle() async {
        final class Flag: Sendable { let isSet = Locked(false) }
        let flag = Flag()
        Task {
            await alerter.settle()
            flag.isSet.withLock { $0 = true }
        }
        await eventually { isDead || flag.isSet.withLock { $0 } }
    }

    /// Waits until everything due has been sent, except for the given number of hanging messages of each channel, or
    /// the process is dead.
    func drain(hanging: () -> [ChannelID: Int] = { [:] }) async throws {
        await eventually {
            if isDead { return true }
            let rows = try? await database.query(Self.waitingSQL, [.integer(wall.now.milliseconds)])
            let hanging = hanging()
            return rows?.allSatisfy { row in
                guard let id = try? row.integer(0), let items = try? row.integer(1), let messages = try? row.integer(2)
                else { return false }
                return items == 0 && messages <= hanging[ChannelID(rawValue: id)] ?? 0
            } ?? false
        }
    }

    /// Waits until that many tries are recorded, whatever their outcome.
    func tried(_ count: Int64) async {
        await eventually {
            let rows = try? await database.query("SELECT COALESCE(SUM(attempts), 0) FROM notifications")
            return (try? rows?.first?.integer(0)) == count
        }
    }

    /// Each channel with its due items, except those that wait for an earlier item of their incident, and its due
    /// messages.
    private static let waitingSQL = """
        SELECT c.id,
            (SELECT COUNT(*) FROM outbox_items i WHERE i.channel_id = c.id AND i.state IN ('queued', 'silenced')
                AND i.due_at <= $1 AND NOT EXISTS (
                    SELECT 1 FROM outbox_items o JOIN notifications p ON p.id = o.notification_id
                    WHERE o.incident_id = i.incident_id AND o.channel_id = c.id AND p.state = 'pending')),
            (SELECT COUNT(*) FROM notifications n
                WHERE n.channel_id = c.id AND n.state = 'pending' AND n.next_at <= $1)
        FROM channels c WHERE c.is_enabled = 1
        """

    func incidentList() async throws -> [Incident] { try await incidents.list(limit: 1000).reversed() }
}
