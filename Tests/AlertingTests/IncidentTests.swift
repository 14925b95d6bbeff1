import Results
import Messages
import Base
import Broker
import Domain
import Pipeline
import SQL
import Storage
import TestSupport
import Testing

@testable import Alerting

/// From results to incidents and notifications.
@Suite(.timeLimit(.minutes(10)), .everyDatabase) struct IncidentTests {
    /// Sequences that could lose a recovery, invent one, or raise an alarm at first start.
    @Test(
        arguments: [
            (".xxx..", 0, ["ops firing shop", "ops resolved shop"]),
            (".xx.", 1, ["ops firing shop", "ops resolved shop"]),
            (".x.x.", 1, []), (".", 0, []), ("x.", 1, []), ("...", 2, []),
            ("xxx.", 1, ["ops firing shop", "ops resolved shop"]),
        ] as [(String, Int, [String])]
    )
    func outagesAndTheirEndsAreNotifiedOnce(_ letters: String, _ retries: Int, _ log: [String]) async throws {
        let bench = try await AlertingBench()
        try await bench.addChannel("ops")
        let monitor = try await bench.add("shop") { $0.rule.retries = retries }
        for letter in letters {
            try await bench.tell(monitor, String(letter))
            try await bench.drain()
        }
        await eventually { bench.receiver.log == log }
        #expect(bench.receiver.log == log)
        try await bench.stop()
    }

    @Test func timelineRecordsEvidenceAndChanges() async throws {
        let bench = try await AlertingBench()
        let monitor = try await bench.add("shop", tags: ["web"]) { $0.rule.retries = 1 }
        try await bench.tell(monitor, ".")
        bench.advance(by: .seconds(1))
        let moved = bench.result(monitor, up: false) { outcome in
            outcome.remoteAddress = "127.0.0.2:80"
            outcome.evidence = .init(
                headers: [.init(name: "Server", value: "x")],
                body: Array(repeating: 65, count: 4096)
            )
        }
        _ = try await bench.results.append([moved])
        try await bench.broker.publish([moved], to: Topics.results)
        try await bench.tell(monitor, "x")
        let incident = try #require(try await bench.incidentList().first)
        #expect(incident.state == .open && incident.monitorID == monitor.id && incident.subject == "shop")
        #expect(incident.reason == "http_status" && incident.message == "status 503, expected 200-399")
        #expect(incident.failures == 2 && incident.tags == ["web"] && incident.severity == .critical)
        let events = try await bench.incidents.events(of: incident.id, limit: 100)
        #expect(events.map(\.kind) == [.failed, .failed, .differs, .opened, .suppressed], "there is no channel")
        #expect(events[0].detail?["remote_address"] == "127.0.0.2:80")
        #expect(events[2].text.contains("status: 200 → 503"))
        try await bench.tell(monitor, ".")
        let ended = try #require(try await bench.incidents.incident(incident.id))
        #expect(ended.state == .resolved && ended.resolution == "recovered" && ended.resolvedAt == bench.wall.now)
        try await bench.stop()
    }

    @Test func timelineIsInTheOrderOfTime() async throws {
        let bench = try await AlertingBench()
        let monitor = try await bench.add("shop") { ($0.rule.retries, $0.rule.settleTime) = (0, .seconds(300)) }
        try await bench.tell(monitor, ".x.x")
        let incident = try #require(try await bench.incidentList().first)
        #expect(incident.reopenings == 1)
        // A line that was written late, about something that was earlier.
        let early = IncidentEvent(.commented, at: incident.openedAt - .seconds(1), "a slow check")
        try await bench.database.transaction { session throws(SQLError) in
            try await IncidentStore(session).add([early], to: incident.id)
        }
        let events = try await bench.incidents.events(of: incident.id, limit: 100)
        let kinds = events.map(\.kind).filter { $0 != .suppressed && $0 != .differs }
        #expect(kinds == [.commented, .failed, .opened, .resolved, .failed, .reopened])
        #expect(try await bench.incidents.newestEvents(of: incident.id, limit: 100) == events)
        var paged: [IncidentEvent] = []
        while true {
            let page = try await bench.incidents.events(of: incident.id, after: paged.last?.id ?? 0, limit: 2)
            if page.isEmpty { break }
            paged += page
        }
        #expect(paged == events)
        try await bench.stop()
    }

    @Test func restartForgetsAndRepeatsNothing() async throws {
        let bench = try await AlertingBench()
        try await bench.addChannel("ops")
        let monitor = try await bench.add("shop") { $0.rule.retries = 1 }
        try await bench.tell(monitor, ".x")
        try await bench.stop()
        let second = try await AlertingBench(bench.database)
        second.advance(by: .seconds(100))
        try await second.tell(monitor, "x")
        #expect(try await second.incidentList().count == 1, "the first failure was remembered")
        await eventually { second.receiver.log == ["ops firing shop"] }
        try await second.stop()
        let third = try await AlertingBench(bench.database)
        third.advance(by: .seconds(200))
        try await third.tell(monitor, "xx.")
        await eventually { third.receiver.log == ["ops resolved shop"] }
        #expect(third.receiver.log == ["ops resolved shop"])
        #expect(try await third.incidentList().map(\.state) == [.resolved])
        try await third.stop()
    }

    @Test func pausingAndDeletingEndIncidents() async throws {
        let bench = try await AlertingBench()
        try await bench.addChannel("ops")
        let (first, second) = (try await bench.add("first"), try await bench.add("second"))
        try await bench.tell(first, "x")
        try await bench.tell(second, "x")
        try await bench.drain()
        let paused = try await bench.monitors.update(first.id, now: bench.wall.now) { $0.isActive = false }
        await bench.broker.broadcast(.changed(paused), on: Topics.monitorEvents)
        _ = try await bench.monitors.delete(second.id, now: bench.wall.now)
        await bench.broker.broadcast(.deleted(second.id), on: Topics.monitorEvents)
        await eventually { bench.receiver.log.count == 4 }
        #expect(Set(bench.receiver.log.suffix(2)) == ["ops resolved first", "ops resolved second"])
        #expect(Set(try await bench.incidentList().compactMap(\.resolution)) == ["paused", "deleted"])
        #expect(bench.alerter.counts[.paused] == 1)
        try await bench.stop()
    }

    @Test func failingChecksRequestAConfirmation() async throws {
        let bench = try await AlertingBench()
        let wanted = await bench.broker.listen(Topics.confirmations)
        let monitor = try await bench.add("shop") { ($0.rule.retries, $0.rule.retryInterval) = (1, .seconds(7)) }
        try await bench.tell(monitor, "x")
        let iterator = wanted.makeAsyncIterator()
        let confirmation = await iterator.next()?.message
        #expect(confirmation == Confirmation(monitorID: monitor.id, at: bench.wall.now + .seconds(7)))
        try await bench.stop()
    }

    @Test func timelineNamesNotifiedAndFailedChannels() async throws {
        let bench = try await AlertingBench()
        let ops = try await bench.addChannel("ops")
        try await bench.addChannel("gone")
        bench.receiver.answer("gone") { _ in .refused(reason: "404 from gone.test") }
        let monitor = try await bench.add("shop")
        try await bench.tell(monitor, "x")
        try await bench.drain()
        try await bench.tell(monitor, ".")
        try await bench.drain()
        let incident = try #require(try await bench.incidentList().first)
        func lines() async throws -> [IncidentEvent] {
            try await bench.incidents.events(of: incident.id, limit: 100).filter { $0.kind == .notified }
        }
        await eventually { ((try? await lines()) ?? []).count >= 3 }
        let texts = try await lines().map(\.text)
        #expect(texts.contains("Sent to ops (webhook): firing") && texts.contains("Sent to ops (webhook): resolved"))
        #expect(texts.contains("Could not be sent to gone (webhook), given up: firing (404 from gone.test)"))
        #expect(try await lines().contains { $0.detail?["channel_id"]?.integerValue == ops.id.rawValue })
        try await bench.stop()
    }
}
