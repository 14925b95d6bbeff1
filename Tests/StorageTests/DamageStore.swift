import Base
import Domain
import SQL
import SQLite
import SQLiteResults
import Storage
import Results

/// A store with several rows of every kind, and everything that its readers see.
struct DamageStore {
    static let now = Timestamp.start
    let store: Store
    var database: any Database { store.database }
    let channels: ChannelRepository

    init() async throws {
        store = try await Store(try await SQLiteDatabase.open(path: ":memory:"))
        channels = ChannelRepository(
            database: store.database,
            seal: SettingsSeal(seal: { text, _ in text }) { text, _ in text }
        )
        for number in 1...3 { try await add(number) }
    }

    private func add(_ number: Int) async throws {
        let monitor = try await store.add(number, tags: ["a\(number)"])
        for step in 1...3 {
            _ = try await store.results.append([.sample(monitor.id, at: Self.now + .seconds(step))])
        }
        try await store.set(
            MonitorStatus(monitorID: monitor.id, state: .up, since: Self.now, scheduledAt: Self.now + .seconds(3))
        )
        let channel = try await channels.insert(
            Channel(id: ChannelID(rawValue: 0), name: "c\(number)", kind: "webhook", settings: [:], createdAt: Self.now)
        )
        _ = try await PolicyRepository(database: database).insert(
            Policy(id: 0, name: "p\(number)", channels: [channel.id])
        )
        _ = try await SilenceRepository(database: database).insert(
            Silence(
                id: 0,
                matchers: [try LabelMatcher("name=s\(number)")],
                startsAt: Self.now,
                endsAt: Self.now + .seconds(3600),
                comment: "why"
            )
        )
        _ = try await MaintenanceRepository(database: database).insert(
            MaintenancePlan(name: "w\(number)", schedule: .cron("@daily", lasting: .seconds(60)), createdAt: Self.now)
        )
        let server = try await ServerRepository(database: database).insert(
            MonitoredServer(
                id: ServerID(rawValue: 0),
                name: "h\(number)",
                jobName: "node",
                instance: "h\(number)",
                createdAt: Self.now
            )
        )
        _ = try await AlertRuleRepository(database: database).insert(
            AlertRule(
                id: AlertRuleID(rawValue: 0),
                name: "r\(number)",
                serverID: server.id,
                metricName: "up",
                query: "up",
                threshold: try ThresholdRule(.less, 1),
                createdAt: Self.now
            )
        )
        try await tell(monitor, channel, number)
    }

    private func tell(_ monitor: Monitor, _ channel: Channel, _ number: Int) async throws {
        var opening = IncidentOpening(
            .monitor,
            subject: monitor.name,
            target: "http://x",
            severity: .critical,
            message: "down",
            at: Self.now
        )
        opening.monitorID = monitor.id
        let begun = opening
        let item = AlertMessage.Item(
            event: .firing,
            key: "k\(number)",
            subject: monitor.name,
            target: "http://x",
            severity: .critical,
            text: "down",
            since: Self.now
        )
        let message = AlertMessage(id: "m\(number)", items: [item], createdAt: Self.now).json.description
        try await database.transaction { session throws(SQLError) in
            let incident = try await IncidentStore(session).open(begun)
            try await IncidentStore(session).add([IncidentEvent(.opened, at: Self.now, "down")], to: incident.id)
            try await OutboxStore(session).enqueue([
                OutboxItem(Route(channel.id), incident.id, item, dueAt: Self.now, now: Self.now)
            ])
            _ = try await session.execute(
                """
                INSERT INTO notifications (channel_id, state, created_at, attempts, next_at, message)
                VALUES ($1, 'pending', $2, 0, $2, $3)
                """,
                [.integer(channel.id.rawValue), .integer(Self.now.milliseconds), .text(message)]
            )
            _ = try await session.execute(
                """
                INSERT INTO certificate_notices (sha256, level, not_after, subject, seen_at)
                VALUES ($1, 7, $2, 'x', $2)
                """,
                [.text("sha\(number)"), .integer(Self.now.milliseconds)]
            )
            _ = try await session.execute(
                "INSERT INTO certificate_holders (monitor_id, sha256) VALUES ($1, $2)",
                [.integer(monitor.id.rawValue), .text("sha\(number)")]
            )
            _ = try await session.execute(
                "INSERT INTO leases (name, holder, token, beat, progress) VALUES ($1, '', 1, 1, 1)",
                [.text("lease\(number)")]
            )
        }
    }

    /// Everything that is read of each row, by list and number: as the scheduler, the alerter, the sender and the API
    /// read them.
    func survey() async throws -> Set<String> {
        var seen: Set<String> = []
        func note(_ list: String, _ numbers: some Sequence<Int64>) {
            for id in numbers { seen.insert("\(list) \(id)") }
        }
        let monitors = store.monitors
        note("scheduled", try await monitors.active(limit: 100).monitors.map(\.id.rawValue))
        note("changed", try await monitors.changed(since: 0, limit: 100).changed.map(\.id.rawValue))
        note("listed", try await monitors.list(limit: 100).items.map(\.monitor.id.rawValue))
        note("judged", try await store.statuses.verdicts(after: nil, limit: 100).map(\.status.monitorID.rawValue))
        note("incident", try await IncidentRepository(database: database).list(limit: 100).map(\.id.rawValue))
        note("policy", try await PolicyRepository(database: database).list().map(\.id))
        let silences = SilenceRepository(database: database)
        note("silence", try await silences.list(endingAfter: Self.now).map(\.id))
        note("window", try await MaintenanceRepository(database: database).list().map(\.id))
        note("channel", try await channels.list().map(\.id.rawValue))
        note("server", try await ServerRepository(database: database).list(limit: 100).map(\.id.rawValue))
        let rules = AlertRuleRepository(database: database)
        note("rule", try await rules.list(limit: 100).map(\.rule.id.rawValue))
        note("evaluated", try await rules.runnable(after: nil, limit: 100).rules.map(\.stored.rule.id.rawValue))
        for number in Int64(1)...3 {
            if try await LeaseRepository(database: database).read("lease\(number)") != nil {
                seen.insert("lease \(number)")
            }
            try await surveyChannel(number, &seen)
            try await surveyMonitor(number, &seen)
        }
        _ = try await database.transaction { session throws(SQLError) in
            try await CertificateNoticeStore(session).load()
        }
        return seen
    }

    private func surveyChannel(_ number: Int64, _ seen: inout Set<String>) async throws {
        let channel = ChannelID(rawValue: number)
        let outbox = OutboxRepository(database: database)
        let due = Locked<[Int64]>([])
        _ = try await outbox.bundle(channel, at: Self.now + .seconds(1)) { items, _ in
            due.withLock { $0 = items.map(\.id) }
            return Bundling()
        }
        for id in due.withLock({ $0 }) { seen.insert("due \(id)") }
        _ = try await outbox.nextDue(channel)
        _ = try await outbox.newest(channel)
        for sent in try await NotificationRepository(database: database).pending(channel, limit: 10) {
            seen.insert("sent \(sent.id)")
        }
    }

    private func surveyMonitor(_ number: Int64, _ seen: inout Set<String>) async throws {
        let monitor = MonitorID(rawValue: number)
        // Another process starts and knows nothing yet.
        let results = SQLiteResults(database: database)
        let history = try await results.history(monitor, limit: 100)
        if !history.isEmpty { seen.insert("checked \(number)") }
        if try await results.append([.sample(monitor, at: Self.now + .seconds(3))]) == 0 {
            seen.insert("kept \(number)")
        }
        let count = try await results.replay(monitor, from: .distantPast, to: .distantFuture, into: 0) { count, check in
            _ = (check.scheduledAt + .microseconds(check.latency), check.failure)
            count += 1
        }
        if count > 0 { seen.insert("replayed \(number)") }
    }
}
