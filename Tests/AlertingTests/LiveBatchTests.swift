import Base
import Domain
import Live
import TestSupport
import Testing

@testable import Alerting

/// The alerter publishes its decisions to readers of live events.
@Suite(.timeLimit(.minutes(10))) struct LiveBatchTests {
    @Test func resultsStatesAndIncidentsArePublished() async throws {
        let bench = try await AlertingBench()
        let monitor = try await bench.add("shop")
        let reader = try bench.live.subscribe(LiveFilter(topics: [.monitor, .result, .incident]))
        try await bench.tell(monitor, ".xx.")
        var published: [String] = []
        while published.count < 9, case .events(let events) = await reader.next() {
            for event in events {
                let json = try JSONValue(parsing: event.json)
                let state = json["data"]?["state"]?.stringValue ?? json["data"]?["is_success"]?.description ?? ""
                published.append("\(event.topic) \(json["type"]?.stringValue ?? "") \(state)")
                #expect(event.monitor == monitor.id.rawValue)
            }
        }
        #expect(
            published == [
                "result checked true", "monitor changed up",
                "result checked false", "monitor changed down", "incident opened open",
                "result checked false",
                "result checked true", "monitor changed up", "incident resolved resolved",
            ]
        )
        try await bench.stop()
    }
}
