import Base
import Domain
import SQL
import Storage
import TestSupport
import Testing

@testable import Alerting

/// What people do to incidents, and who is notified of it.
@Suite(.timeLimit(.minutes(10))) struct IncidentCommandTests {
    private func commands(_ bench: AlertingBench) -> IncidentCommands {
        let (wall, sender) = (bench.wall, bench.sender)
        return IncidentCommands(
            incidents: bench.incidents,
            planner: bench.planner,
            metrics: AlertingMetrics(bench.registry),
            now: { wall.now },
            wake: { _ in sender.wake() }
        )
    }

    @Test func acknowledgementIsSentToNotifiedChannelsAndStopsReminders() async throws {
        let bench = try await AlertingBench()
        let channel = try await bench.addChannel("ops")
        var policy = Policy(id: 0, name: "all", channels: [channel.id])
        policy.repeatInterval = .seconds(60)
        _ = try await bench.policies.insert(policy)
        try await bench.tell(try await bench.add("shop"), "x")
        try await bench.drain()
        bench.advance(by: .seconds(60))
        await eventually { bench.receiver.log == ["ops firing shop", "ops reminder shop"] }
        let id = try #require(try await bench.incidentList().first?.id)
        let incident = try await commands(bench).acknowledge(id, by: "Ada", comment: "On it")
        #expect(incident.state == .acknowledged && incident.acknowledgedAt == bench.wall.now)
        let expected = ["ops firing shop", "ops reminder shop", "ops acknowledged shop"]
        await eventually { bench.receiver.log == expected }
        bench.advance(by: .seconds(600))
        try await bench.drain()
        #expect(bench.receiver.log == expected)
        #expect(bench.receiver.items.last?.facts.contains(.init("Acknowledged by", "Ada")) == true)
        try await bench.stop()
    }

    @Test func incidentResolvedByHandIsResolvedOnce() async throws {
        let bench = try await AlertingBench()
        try await bench.addChannel("ops")
        let monitor = try await bench.add("shop")
        try await bench.tell(monitor, "x")
        try await bench.drain()
        let id = try #require(try await bench.incidentList().first?.id)
        await #expect(throws: IncidentCommands.CommandError.stillDown) { try await commands(bench).resolve(id) }
        // As if the monitor had not been checked for long.
        _ = try await bench.database.execute("UPDATE monitor_status SET state = 'unknown'", [])
        _ = try await commands(bench).resolve(id, by: "Ada")
        await eventually { bench.receiver.log == ["ops firing shop", "ops resolved shop"] }
        try await bench.tell(monitor, "x.")
        try await bench.drain()
        #expect(bench.receiver.log == ["ops firing shop", "ops resolved shop"])
        #expect(try await bench.incidentList().map(\.resolution) == ["manual"])
        await #expect(throws: IncidentCommands.CommandError.resolved) { try await commands(bench).acknowledge(id) }
        try await bench.stop()
    }

    @Test(arguments: ["maintenance", "pending"])
    func hiddenOutageCannotBeResolvedByHand(_ state: String) async throws {
        let bench = try await AlertingBench()
        let monitor = try await bench.add("shop")
        try await bench.tell(monitor, "x")
        let id = try #require(try await bench.incidentList().first?.id)
        _ = try await bench.database.execute("UPDATE monitor_status SET state = $1", [.text(state)])
        await #expect(throws: IncidentCommands.CommandError.stillDown) { try await commands(bench).resolve(id) }
        try await bench.stop()
    }

    @Test(arguments: [Incident.Kind.rule, .connectivity])
    func incidentsThatEndByThemselvesCannotBeResolvedByHand(_ kind: Incident.Kind) async throws {
        let bench = try await AlertingBench()
        let opening = IncidentOpening(
            kind,
            subject: "CPU",
            target: "",
            severity: .warning,
            message: "busy",
            at: bench.wall.now
        )
        let incident = try await bench.database.transaction { session throws(SQLError) in
            try await IncidentStore(session).open(opening)
        }
        await #expect(throws: IncidentCommands.CommandError.endsByItself) {
            try await commands(bench).resolve(incident.id)
        }
        #expect(try await bench.incidentList().map(\.state) == [.open])
        try await bench.stop()
    }

    @Test func clockSetBackEndsNoIncidentBeforeItsStart() async throws {
        let bench = try await AlertingBench()
        let opening = IncidentOpening(
            .certificate,
            subject: "shop",
            target: "",
            severity: .warning,
            message: "ends soon",
            at: bench.wall.now + .seconds(60)
        )
        let incident = try await bench.database.transaction { session throws(SQLError) in
            try await IncidentStore(session).open(opening)
        }
        let ended = try await commands(bench).resolve(incident.id)
        #expect(ended.resolvedAt == opening.at && ended.duration(at: bench.wall.now) == .zero)
        try await bench.stop()
    }
}
