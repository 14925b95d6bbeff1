import Base
import Broker
import Domain
import Runtime
import SQL
import Storage
import TestSupport
import Testing

@testable import Alerting

/// Retention of alerting data.
@Suite(.timeLimit(.minutes(10))) struct AlertingHousekeeperTests {
    private func housekeeper(_ bench: AlertingBench, after days: Int) -> AlertingHousekeeper<ManualClock> {
        let now = bench.wall.now + .seconds(86_400 * days)
        return AlertingHousekeeper(
            incidents: bench.incidents,
            notifications: bench.notifications,
            silences: bench.silences,
            events: AlertEventRepository(database: bench.database),
            retention: .seconds(30 * 86_400),
            logger: Logger(label: "test", handler: SilentLogHandler()),
            clock: bench.clock,
            now: { now },
            limit: 100
        )
    }

    private func counts(_ bench: AlertingBench) async throws -> [String: Int64] {
        var counts: [String: Int64] = [:]
        for table in [
            "incidents", "incident_events", "outbox_items", "notifications", "notification_tries", "silences",
        ] {
            counts[table] = try await bench.database.query("SELECT COUNT(*) FROM \(table)").first?.integer(0)
        }
        return counts
    }

    /// Creates a resolved outage and an open one, which is returned; both were notified with a reminder.
    private func outages(_ bench: AlertingBench) async throws -> Monitor {
        let channel = try await bench.addChannel("ops")
        var policy = Policy(id: 0, name: "all", channels: [channel.id])
        policy.repeatInterval = .seconds(60)
        _ = try await bench.policies.insert(policy)
        let (over, running) = (try await bench.add("over"), try await bench.add("running"))
        try await bench.tell(over, ".x")
        try await bench.tell(running, ".x")
        try await bench.drain()
        bench.advance(by: .seconds(60))
        try await bench.drain()
        try await bench.tell(over, ".")
        try await bench.drain()
        return running
    }

    @Test func endedIncidentsArePurgedAndOpenOnesStillSendTheirEnd() async throws {
        let bench = try await AlertingBench()
        let running = try await outages(bench)
        let before = try await counts(bench)
        await housekeeper(bench, after: 29).tidy()
        #expect(try await counts(bench) == before)

        await housekeeper(bench, after: 31).tidy()
        #expect(try await bench.incidentList().map(\.monitorID) == [running.id])
        let after = try await counts(bench)
        // The notification of the beginning, and a pending reminder.
        #expect(after["outbox_items"] == 2)
        #expect(after["notifications"] == 1 && after["notification_tries"] == 1)
        #expect(after["incident_events"] ?? 0 < before["incident_events"] ?? 0)

        try await bench.tell(running, ".")
        try await bench.drain()
        let sent = bench.receiver.log.filter { $0.contains("running") }
        #expect(sent.last?.contains("resolved") == true)
        try await bench.stop()
    }

    @Test func manyRowsArePurgedInSteps() async throws {
        let bench = try await AlertingBench()
        for number in 0..<250 {
            let silence = Silence(
                id: 0,
                matchers: [try LabelMatcher("name=\(number)")],
                startsAt: bench.wall.now,
                endsAt: bench.wall.now + .seconds(60),
                comment: "short"
            )
            _ = try await bench.silences.insert(silence)
        }
        let housekeeper = housekeeper(bench, after: 31)
        let clock = bench.clock
        let tidying = Task { await housekeeper.tidy() }
        #expect(
            try await eventually {
                clock.advance(by: .milliseconds(50))
                return try await counts(bench)["silences"] == 0
            }
        )
        await tidying.value
        try await bench.stop()
    }
}
