import Base
import Domain
import Storage
import TestSupport
import Testing

@testable import Alerting

/// Monitors that answer, but slowly.
@Suite(.timeLimit(.minutes(10))) struct DegradedTests {
    private static func slow(_ alerting: inout MonitorAlerting) {
        (alerting.rule.retries, alerting.rule.degradedAbove) = (0, .milliseconds(500))
    }

    @Test func degradedMonitorOpensAWarningThatEndsWhenItIsUp() async throws {
        let bench = try await AlertingBench()
        try await bench.addChannel("ops")
        let monitor = try await bench.add("shop", tags: ["web"], Self.slow)
        try await bench.tell(monitor, ".s")
        let incident = try #require(try await bench.incidentList().first)
        #expect(incident.kind == .monitor && incident.severity == .warning && incident.tags == ["web"])
        #expect(incident.reason == "degraded" && incident.message == "slow: 2000 ms > 500 ms")
        #expect(incident.failures == 0)
        let events = try await bench.incidents.events(of: incident.id, limit: 100)
        #expect(events.map(\.kind) == [.opened] && events[0].text == "Degraded: slow: 2000 ms > 500 ms")
        #expect(events[0].detail?["latency_ms"]?.doubleValue == 2000)
        try await bench.tell(monitor, "s.")
        try await bench.drain()
        await eventually { bench.receiver.log.count == 2 }
        #expect(bench.receiver.log == ["ops firing shop", "ops resolved shop"])
        #expect(try await bench.incidentList().map(\.resolution) == ["recovered"])
        try await bench.stop()
    }

    @Test func degradedIncidentEscalatesWhenTheMonitorGoesDown() async throws {
        let bench = try await AlertingBench()
        try await bench.addChannel("ops")
        let monitor = try await bench.add("shop", Self.slow)
        try await bench.tell(monitor, ".s")
        try await bench.drain()
        let opened = try #require(try await bench.incidentList().first)
        let commands = IncidentCommands(
            incidents: bench.incidents,
            planner: bench.planner,
            metrics: AlertingMetrics(bench.registry),
            now: { [wall = bench.wall] in wall.now },
            wake: { _ in }
        )
        await #expect(throws: IncidentCommands.CommandError.stillDown) { try await commands.resolve(opened.id) }
        _ = try await commands.acknowledge(opened.id)
        try await bench.tell(monitor, "xx")
        try await bench.drain()
        let worse = try #require(try await bench.incidents.incident(opened.id))
        #expect(worse.severity == .critical && worse.state == .open && worse.reason == "http_status")
        #expect(worse.message == "status 503, expected 200-399" && worse.failures == 1)
        try await bench.tell(monitor, ".")
        try await bench.drain()
        #expect(try await bench.incidentList().map(\.state) == [.resolved])
        let severities = bench.receiver.items.map { "\($0.event.rawValue) \($0.severity.rawValue)" }
        #expect(severities.filter { $0.hasPrefix("firing") } == ["firing warning", "firing critical"])
        #expect(severities.last == "resolved critical" && Set(bench.receiver.items.map(\.key)).count == 1)
        let texts = try await bench.incidents.events(of: opened.id, limit: 100).map(\.text)
        #expect(texts.contains("Down: status 503, expected 200-399"))
        try await bench.stop()
    }

    @Test func monitorThatAnswersSlowlyAfterAnOutageIsResolvedAndWarnedOf() async throws {
        let bench = try await AlertingBench()
        let monitor = try await bench.add("shop", Self.slow)
        try await bench.tell(monitor, ".xs")
        let incidents = try await bench.incidentList()
        #expect(incidents.map(\.severity) == [.critical, .warning] && incidents.map(\.state) == [.resolved, .open])
        let texts = try await bench.incidents.events(of: incidents[0].id, limit: 100).map(\.text)
        #expect(texts.last == "Up again, but degraded")
        try await bench.stop()
    }

    @Test func degradedOpensNothingWhereTheSettingSaysSo() async throws {
        let bench = try await AlertingBench()
        let monitor = try await bench.add("shop") { alerting in
            Self.slow(&alerting)
            alerting.rule.alertOnDegraded = false
        }
        try await bench.tell(monitor, ".ss")
        #expect(try await bench.incidentList().isEmpty && bench.alerter.counts[.degraded] == 1)
        try await bench.stop()
    }

    @Test func degradedMonitorExplainsNoOtherOutage() async throws {
        let bench = try await AlertingBench()
        try await bench.addChannel("ops")
        let parent = try await bench.add("database", Self.slow)
        let child = try await bench.add("shop") { ($0.rule.retries, $0.dependsOn) = (0, [parent.id]) }
        try await bench.tell(parent, ".s")
        try await bench.tell(child, "x")
        #expect(try await bench.incidentList().map(\.causedBy) == [nil, nil])
        try await bench.tell(parent, "x")
        let incidents = try await bench.incidentList()
        #expect(incidents.map(\.causedBy) == [nil, incidents[0].id], "one that is down does")
        try await bench.stop()
    }
}
