import Base
import Broker
import Domain
import Messages
import Storage
import TestSupport
import Testing

@testable import Alerting

/// What comes back within its settle time is the same incident, of which nobody is notified anew.
@Suite(.timeLimit(.minutes(10))) struct SettleTimeTests {
    private func add(_ bench: AlertingBench, _ change: (inout MonitorAlerting) -> Void = { _ in }) async throws
        -> Monitor
    {
        try await bench.add("shop") { alerting in
            (alerting.rule.retries, alerting.rule.settleTime) = (0, .seconds(60))
            change(&alerting)
        }
    }

    private func tell(_ bench: AlertingBench, _ monitor: Monitor, _ letters: String) async throws {
        for letter in letters {
            try await bench.tell(monitor, String(letter))
            try await bench.drain()
        }
    }

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

    @Test func flappingIsOneIncidentWithOneBeginningAndOneEnd() async throws {
        let bench = try await AlertingBench()
        try await bench.addChannel("ops")
        let monitor = try await add(bench)
        try await tell(bench, monitor, ".x.x.x.")
        #expect(bench.receiver.log == ["ops firing shop"])
        let incidents = try await bench.incidentList()
        #expect(incidents.count == 1 && incidents[0].reopenings == 2 && incidents[0].state == .resolved)
        bench.advance(by: .seconds(59))
        try await bench.drain()
        #expect(bench.receiver.log.count == 1, "the end waits for the end of the settle time")
        bench.advance(by: .seconds(1))
        try await bench.drain()
        await eventually { bench.receiver.log == ["ops firing shop", "ops resolved shop"] }
        #expect(Set(bench.receiver.items.map(\.key)).count == 1)
        try await tell(bench, monitor, "x")
        #expect(try await bench.incidentList().count == 2, "what comes later is another incident")
        await eventually { bench.receiver.log.count == 3 }
        try await bench.stop()
    }

    @Test func reopenedIncidentKeepsItsAcknowledgementWithoutReminders() async throws {
        let bench = try await AlertingBench()
        let ops = try await bench.addChannel("ops")
        let late = try await bench.addChannel("late")
        var policy = Policy(id: 0, name: "all", channels: [ops.id])
        (policy.repeatInterval, policy.continues) = (.seconds(300), true)
        _ = try await bench.policies.insert(policy)
        var slow = Policy(id: 0, name: "slow", channels: [late.id])
        (slow.delay, slow.position) = (.seconds(30), 1)
        _ = try await bench.policies.insert(slow)
        let monitor = try await add(bench)
        try await tell(bench, monitor, "x")
        await eventually { bench.receiver.log == ["ops firing shop"] }
        let id = try #require(try await bench.incidentList().first?.id)
        _ = try await commands(bench).acknowledge(id, by: "Ada")
        await eventually { bench.receiver.log == ["ops firing shop", "ops acknowledged shop"] }
        try await tell(bench, monitor, ".x")
        let incident = try #require(try await bench.incidents.incident(id))
        #expect(incident.state == .acknowledged && incident.acknowledgedBy == "Ada" && incident.reopenings == 1)
        bench.advance(by: .seconds(900))
        try await bench.drain()
        #expect(bench.receiver.log.count == 2)
        try await tell(bench, monitor, ".")
        bench.advance(by: .seconds(60))
        await eventually { bench.receiver.log.count == 3 }
        #expect(bench.receiver.log.last == "ops resolved shop")
        try await bench.stop()
    }

    @Test func waitingAcknowledgementIsStillSent() async throws {
        let bench = try await AlertingBench()
        let ops = try await bench.addChannel("ops")
        var policy = Policy(id: 0, name: "all", channels: [ops.id])
        (policy.groupBy, policy.groupInterval) = (["kind"], .seconds(20))
        _ = try await bench.policies.insert(policy)
        let monitor = try await add(bench)
        try await tell(bench, monitor, "x")
        await eventually { bench.receiver.log == ["ops firing shop"] }
        let id = try #require(try await bench.incidentList().first?.id)
        _ = try await commands(bench).acknowledge(id)
        try await tell(bench, monitor, ".x")
        bench.advance(by: .seconds(20))
        try await bench.drain()
        await eventually { bench.receiver.log == ["ops firing shop", "ops acknowledged shop"] }
        try await bench.stop()
    }

    @Test func channelNotNotifiedBeforeTheRecoveryIsNotifiedOfTheReopening() async throws {
        let bench = try await AlertingBench()
        let ops = try await bench.addChannel("ops")
        var policy = Policy(id: 0, name: "slow", channels: [ops.id])
        policy.delay = .seconds(10)
        _ = try await bench.policies.insert(policy)
        let monitor = try await add(bench)
        try await tell(bench, monitor, "x.x")
        bench.advance(by: .seconds(10))
        try await bench.drain()
        await eventually { bench.receiver.log == ["ops firing shop"] }
        try await bench.stop()
    }

    /// Somebody has seen to it; what comes after is new.
    @Test func pausingSendsTheEndAtOnceAndDropsTheAcknowledgement() async throws {
        let bench = try await AlertingBench()
        try await bench.addChannel("ops")
        let monitor = try await add(bench)
        try await tell(bench, monitor, "x")
        let id = try #require(try await bench.incidentList().first?.id)
        _ = try await commands(bench).acknowledge(id)
        try await bench.drain()
        for isActive in [false, true] {
            let changed = try await bench.monitors.update(monitor.id, now: bench.wall.now) { $0.isActive = isActive }
            await bench.broker.broadcast(.changed(changed), on: Topics.monitorEvents)
            await eventually { (await bench.alerter.entry(monitor.id)?.verdict.state == .paused) != isActive }
            await bench.alerter.settle()
        }
        await eventually { bench.receiver.log.last == "ops resolved shop" }
        try await tell(bench, monitor, "x")
        await eventually { bench.receiver.log.last == "ops firing shop" }
        #expect(try await bench.incidents.incident(id)?.state == .open)
        try await bench.stop()
    }

    @Test func outageAfterDegradedWithinTheSettleTimeIsNotified() async throws {
        let bench = try await AlertingBench()
        try await bench.addChannel("ops")
        let monitor = try await add(bench) { $0.rule.degradedAbove = .milliseconds(500) }
        try await tell(bench, monitor, ".s")
        let id = try #require(try await bench.incidentList().first?.id)
        _ = try await commands(bench).acknowledge(id)
        try await bench.drain()
        try await tell(bench, monitor, ".s")
        #expect(try await bench.incidents.incident(id)?.state == .acknowledged)
        try await tell(bench, monitor, ".x")
        let incident = try #require(try await bench.incidents.incident(id))
        #expect(incident.state == .open && incident.acknowledgedAt == nil && incident.severity == .critical)
        await eventually { bench.receiver.log.count == 3 }
        #expect(bench.receiver.log == ["ops firing shop", "ops acknowledged shop", "ops firing shop"])
        bench.advance(by: .seconds(120))
        try await bench.drain()
        #expect(bench.receiver.log.count == 3)
        try await bench.stop()
    }

    @Test func nextIncidentSendsTheEndOfTheLastAtOnce() async throws {
        let bench = try await AlertingBench()
        try await bench.addChannel("ops")
        let monitor = try await add(bench) { $0.rule.degradedAbove = .milliseconds(500) }
        try await tell(bench, monitor, ".xs")
        await eventually { bench.receiver.log.count == 3 }
        #expect(bench.receiver.log.first == "ops firing shop")
        #expect(bench.receiver.log.dropFirst().sorted() == ["ops firing shop", "ops resolved shop"])
        try await bench.stop()
    }
}
