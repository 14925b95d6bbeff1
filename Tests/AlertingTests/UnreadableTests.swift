import Results
import Messages
import Base
import Broker
import Domain
import SQL
import Storage
import Pipeline
import TestSupport
import Testing

@testable import Alerting

/// One unreadable row does not stop alerting.
@Suite(.timeLimit(.minutes(10))) struct UnreadableTests {
    @Test(
        arguments: [
            "UPDATE monitors SET alerting = '{' WHERE name = 'bad'",
            "UPDATE monitors SET alerting = '{\"retries\": \"many\"}' WHERE name = 'bad'",
            "UPDATE monitor_status SET state = 'later' WHERE monitor_id = 1",
            "UPDATE monitor_status SET verdict = '{' WHERE monitor_id = 1",
            "UPDATE monitor_status SET verdict = '[]' WHERE monitor_id = 1",
        ]
    )
    func unreadableMonitorDoesNotStopTheOthers(_ damage: String) async throws {
        let bench = try await AlertingBench()
        try await bench.addChannel("ops")
        let (bad, good) = (try await bench.add("bad"), try await bench.add("good"))
        _ = try await bench.database.execute(damage, [])
        let results = [bad, good].map { bench.result($0, up: false) }
        _ = try await bench.results.append(results)
        try await bench.broker.publish(results, to: Topics.results)
        for monitor in [bad, good] {
            #expect(await eventually { await bench.alerter.entry(monitor.id)?.scheduledAt == results[0].scheduledAt })
        }
        await bench.alerter.settle()
        try await bench.drain()
        #expect(bench.receiver.log.contains("ops firing good"))
        try await bench.stop()
    }

    @Test func unknownSettingsOfALaterReleaseAreIgnored() async throws {
        let bench = try await AlertingBench()
        let monitor = try await bench.add("shop") { $0.rule.retries = 3 }
        _ = try await bench.database.execute("UPDATE monitors SET alerting = '{\"retries\": 2, \"aura\": 1}'", [])
        let found = try #require(try await bench.monitors.monitor(monitor.id))
        #expect(found.alerting.rule.retries == 2)
        try await bench.stop()
    }
}
