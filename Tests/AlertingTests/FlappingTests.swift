import Base
import Domain
import Storage
import TestSupport
import Testing

@testable import Alerting

/// Monitors that fail and succeed in turns.
@Suite(.timeLimit(.minutes(10))) struct FlappingTests {
    @Test func messageSaysHowManyChecksFailed() async throws {
        let bench = try await AlertingBench()
        try await bench.addChannel("ops")
        let monitor = try await bench.add("shop") { ($0.rule.retries, $0.rule.failures) = (3, .init(3, of: 10)) }
        try await bench.tell(monitor, "..x.x.x")
        try await bench.drain()
        let words = "3 of the last 10 checks failed: status 503, expected 200-399"
        let incident = try #require(try await bench.incidentList().first)
        #expect(incident.message == words && incident.reason == "http_status")
        let events = try await bench.incidents.events(of: incident.id, limit: 100)
        #expect(events.contains { $0.kind == .opened && $0.text == "Down: \(words)" })
        await eventually { !bench.receiver.items.isEmpty }
        #expect(bench.receiver.items.map(\.text) == [words])
        try await bench.stop()
    }

    @Test func failuresInARowAreNamedByTheirReason() async throws {
        let bench = try await AlertingBench()
        let monitor = try await bench.add("shop") { ($0.rule.retries, $0.rule.failures) = (1, .init(5, of: 10)) }
        try await bench.tell(monitor, ".xx")
        #expect(try await bench.incidentList().map(\.message) == ["status 503, expected 200-399"])
        try await bench.stop()
    }
}
