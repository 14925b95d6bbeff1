import Messages
import Base
import Broker
import Domain
import Storage
import TestSupport
import Testing

@testable import Alerting

/// Clocks that are set back, and edits, while an incident is open.
@Suite(.timeLimit(.minutes(10))) struct EditedIncidentTests {
    @Test func incidentEndsNoEarlierThanItBegan() async throws {
        let bench = try await AlertingBench()
        try await bench.addChannel("ops")
        let monitor = try await bench.add("shop")
        try await bench.tell(monitor, "x")
        try await bench.drain()
        bench.wall.advance(by: .seconds(-7200))
        try await bench.tell(monitor, ".")
        let incident = try #require(try await bench.incidentList().first)
        #expect(incident.state == .resolved && incident.resolvedAt == incident.openedAt)
        try await bench.drain()
        await eventually { bench.receiver.items.count == 2 }
        let item = try #require(bench.receiver.items.last)
        #expect(item.event == .resolved && item.until.map { item.since <= $0 } == true)
        try await bench.stop()
    }

    @Test func acknowledgementIsSentAtOnceThoughTheClockWasSetBack() async throws {
        let bench = try await AlertingBench()
        try await bench.addChannel("ops")
        let monitor = try await bench.add("shop")
        try await bench.tell(monitor, "x")
        try await bench.drain()
        bench.wall.advance(by: .seconds(-7200))
        let id = try #require(try await bench.incidentList().first?.id)
        let incident = try await Self.commands(bench).acknowledge(id)
        #expect(incident.acknowledgedAt == incident.openedAt)
        try await bench.drain()
        await eventually { bench.receiver.log.count == 2 }
        #expect(bench.receiver.log == ["ops firing shop", "ops acknowledged shop"])
        try await bench.stop()
    }

    private static func commands(_ bench: AlertingBench) -> IncidentCommands {
        IncidentCommands(
            incidents: bench.incidents,
            planner: bench.planner,
            metrics: AlertingMetrics(bench.registry),
            now: { [wall = bench.wall] in wall.now },
            wake: { [sender = bench.sender] _ in sender.wake() }
        )
    }

    @Test func editsWhileAcknowledgedNotifyNobodyAndKeepTheAcknowledgement() async throws {
        let bench = try await AlertingBench()
        var ops = try await bench.addChannel("ops")
        let monitor = try await bench.add("shop") { ($0.rule.retries, $0.repeatInterval) = (0, .seconds(60)) }
        try await bench.tell(monitor, "x")
        try await bench.drain()
        let id = try #require(try await bench.incidentList().first?.id)
        _ = try await Self.commands(bench).acknowledge(id, by: "Ada")
        try await bench.drain()
        await eventually { bench.receiver.log.count == 2 }
        let changed = try await bench.monitors.update(monitor.id, now: bench.wall.now) { draft in
            (draft.name, draft.interval, draft.tags) = ("store", .seconds(30), ["new"])
            (draft.alerting.severity, draft.alerting.rule.settleTime) = (.warning, .seconds(90))
        }
        await bench.broker.broadcast(.changed(changed), on: Topics.monitorEvents)
        for isDefault in [false, true] {
            ops.isDefault = isDefault
            try await bench.channels.update(ops)
        }
        try await bench.addChannel("later")
        bench.sender.channelsChanged()
        try await bench.tell(monitor, "xx")
        bench.advance(by: .seconds(600))
        try await bench.drain()
        #expect(bench.receiver.log == ["ops firing shop", "ops acknowledged shop"])
        let incident = try #require(try await bench.incidents.incident(id))
        #expect(incident.state == .acknowledged && incident.acknowledgedBy == "Ada")
        try await bench.stop()
    }
}
