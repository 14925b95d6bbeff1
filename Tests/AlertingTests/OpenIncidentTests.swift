import Base
import Broker
import Domain
import Messages
import SQL
import Storage
import TestSupport
import Testing

@testable import Alerting

/// Open incidents when the first channel for them is added.
@Suite("Open incidents and later channels", .timeLimit(.minutes(10))) struct OpenIncidentTests {
    @Test("a new channel is notified once of each open incident that matches it") func laterChannel() async throws {
        let bench = try await AlertingBench()
        var monitors: [String: Monitor] = [:]
        for name in ["one", "two", "three", "four"] {
            let monitor = try await bench.add(name)
            monitors[name] = monitor
            try await bench.tell(monitor, name == "four" ? "x." : "x")
        }
        let all = try await bench.incidentList()
        let acknowledged = try #require(all.first { $0.subject == "three" })
        let commands = IncidentCommands(
            incidents: bench.incidents,
            planner: bench.planner,
            metrics: AlertingMetrics(MetricsRegistry()),
            now: { bench.wall.now },
            wake: { _ in }
        )
        _ = try await commands.acknowledge(acknowledged.id)
        try await bench.addChannel("ops")
        try await bench.drain()
        await eventually { bench.receiver.log.count == 2 }
        #expect(Set(bench.receiver.log) == ["ops firing one", "ops firing two"])
        // Later changes of channels cause no second notification.
        for _ in 0..<3 {
            bench.sender.channelsChanged()
            try await bench.drain()
        }
        try await bench.tell(try #require(monitors["one"]), ".")
        await eventually { bench.receiver.log.count == 3 }
        #expect(bench.receiver.log.last == "ops resolved one")
        try await bench.stop()
    }

    @Test("a policy that adds a channel, and a restart, do the same") func laterPolicy() async throws {
        let bench = try await AlertingBench()
        let channel = try await bench.addChannel("night") { $0.isDefault = false }
        let monitor = try await bench.add("shop", tags: ["web"])
        try await bench.tell(monitor, "x")
        try await bench.drain()
        #expect(bench.receiver.log.isEmpty)
        var policy = Policy(id: 0, name: "web", channels: [channel.id])
        policy.delay = .seconds(600)
        _ = try await bench.policies.insert(policy)
        try await bench.stop()
        let second = try await AlertingBench(bench.database, wall: bench.wall)
        try await second.drain()
        #expect(second.receiver.log.isEmpty, "the delay counts from the beginning of the incident")
        second.advance(by: .seconds(600))
        await eventually { second.receiver.log == ["night firing shop"] }
        #expect(second.receiver.log == ["night firing shop"])
        try await second.stop()
    }

    @Test("notifications held by maintenance or another incident stay held") func heldStaysHeld() async throws {
        let bench = try await AlertingBench()
        let parent = try await bench.add("router")
        let child = try await bench.add("shop") { alerting in
            alerting.rule.retries = 0
            alerting.dependsOn = [parent.id]
        }
        try await bench.tell(parent, "x")
        try await bench.tell(child, "x")
        try await bench.addChannel("ops")
        try await bench.drain()
        await eventually { bench.receiver.log == ["ops firing router"] }
        bench.advance(by: .seconds(60))
        try await bench.drain()
        #expect(bench.receiver.log == ["ops firing router"])
        try await bench.stop()
    }

    @Test("a channel that is added while a parent is down within maintenance waits as the others do")
    func heldByMaintenanceOfTheParent() async throws {
        let bench = try await AlertingBench()
        try await bench.addChannel("first")
        let parent = try await bench.add("router", tags: ["base"])
        let child = try await bench.add("shop") { ($0.rule.retries, $0.dependsOn) = (0, [parent.id]) }
        for monitor in [parent, child] { try await bench.tell(monitor, ".") }
        let schedule = MaintenancePlan.Schedule.once(start: bench.wall.now, end: bench.wall.now + .seconds(3600))
        var plan = MaintenancePlan(name: "work", schedule: schedule, createdAt: bench.wall.now)
        plan.matchers = [try LabelMatcher("tag=base")]
        let stored = try await bench.maintenance.insert(plan)
        await bench.broker.broadcast(MaintenanceChanged(id: stored.id), on: Topics.maintenanceChanges)
        let statuses = StatusRepository(database: bench.database)
        await eventually { (try? await statuses.status(parent.id))??.state == .maintenance }
        await bench.alerter.settle()
        try await bench.tell(parent, "x")
        try await bench.tell(child, "x")
        let second = try await bench.addChannel("second")
        let sql = "SELECT state FROM outbox_items WHERE channel_id = $1"
        let key: [SQLValue] = [.integer(second.id.rawValue)]
        try await eventually { try await !bench.database.query(sql, key).isEmpty }
        #expect(try await bench.database.query(sql, key).map { try $0.text(0) } == ["held"])
        bench.advance(by: .seconds(60))
        try await bench.drain()
        #expect(bench.receiver.log.isEmpty)
        try await bench.tell(parent, ".")
        bench.advance(by: .seconds(100))
        await eventually { bench.receiver.log.count == 2 }
        #expect(Set(bench.receiver.log) == ["first firing shop", "second firing shop"])
        try await bench.stop()
    }

    @Test("a channel that is added just after a monitor with a parent is down waits for an explanation")
    func laterChannelWaitsForTheParent() async throws {
        let bench = try await AlertingBench()
        let parent = try await bench.add("router")
        let child = try await bench.add("shop") { ($0.rule.retries, $0.dependsOn) = (0, [parent.id]) }
        try await bench.tell(child, "x")
        try await bench.addChannel("ops")
        try await eventually { try await !bench.database.query("SELECT 1 FROM outbox_items").isEmpty }
        try await bench.drain()
        #expect(bench.receiver.log.isEmpty)
        try await bench.tell(parent, "x")
        await eventually { bench.receiver.log == ["ops firing router"] }
        bench.advance(by: .seconds(60))
        try await bench.drain()
        #expect(bench.receiver.log == ["ops firing router"])
        try await bench.stop()
    }

    @Test("an unreadable incident does not stop notifications of the others") func damageCostsOnlyItself() async throws
    {
        let bench = try await AlertingBench()
        let damaged = try await bench.add("damaged")
        try await bench.tell(damaged, "x")
        try await bench.tell(try await bench.add("shop"), "x")
        let incident = try #require(try await bench.incidentList().first { $0.subject == "damaged" })
        _ = try await bench.database.execute(
            """
            INSERT INTO outbox_items (channel_id, incident_id, event, state, due_at, created_at, group_interval, content)
            VALUES ('garbage', $1, 'firing', 'told', 0, 0, 0, '{}')
            """,
            [.integer(incident.id.rawValue)]
        )
        try await bench.addChannel("ops")
        await eventually { bench.receiver.log.count == 2 }
        #expect(Set(bench.receiver.log) == ["ops firing damaged", "ops firing shop"])
        try await bench.stop()
    }
}
