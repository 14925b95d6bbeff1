import Base
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
        await eventually { bench.receiver.log.contains("ops firing shop") }
        #expect(!bench.receiver.log.contains("ops firing damaged"))
        try await bench.stop()
    }
}
