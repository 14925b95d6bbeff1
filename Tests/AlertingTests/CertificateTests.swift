import Messages
import Base
import Broker
import Domain
import Pipeline
import Storage
import TestSupport
import Testing

@testable import Alerting

/// Notifications about certificates that expire soon.
@Suite(.timeLimit(.minutes(10))) struct CertificateTests {
    private func tell(
        _ bench: AlertingBench,
        _ monitor: Monitor,
        _ name: String,
        until end: Timestamp,
        up: Bool = true
    ) async throws {
        bench.advance(by: .seconds(1))
        let result = bench.result(monitor, up: up) { outcome in
            outcome.certificate = CertificateFacts(
                subject: "CN=\(name)",
                issuer: "CN=ca",
                sans: [],
                notBefore: end - .seconds(90 * 86_400),
                notAfter: end,
                sha256: name,
                valid: up,
                problem: nil,
                chain: []
            )
        }
        try await bench.broker.publish([result], to: Topics.results)
        await eventually { await bench.alerter.entry(monitor.id)?.scheduledAt == result.scheduledAt }
        await bench.alerter.settle()
        try await bench.drain()
    }

    private func days(_ days: Int64) -> Duration { .seconds(days * 86_400) }

    @Test func eachThresholdNotifiesAboutTheSameIncident() async throws {
        let bench = try await AlertingBench()
        try await bench.addChannel("ops")
        let (first, second) = (try await bench.add("first"), try await bench.add("second"))
        let end = bench.wall.now + days(23)
        for monitor in [first, second] { try await tell(bench, monitor, "a", until: end) }
        #expect(try await bench.incidentList().isEmpty)
        for _ in 0..<24 {
            for monitor in [first, second] { try await tell(bench, monitor, "a", until: end) }
            bench.advance(by: days(1))
        }
        let incident = try #require(try await bench.incidentList().first)
        #expect(try await bench.incidentList().count == 1)
        #expect(incident.kind == .certificate && incident.part == "a" && incident.subject == "CN=a (first)")
        #expect(incident.severity == .critical && incident.message.hasPrefix("The certificate has ended on"))
        let severities = bench.receiver.items.map(\.severity)
        #expect(severities == [.info, .info, .warning, .warning, .critical, .critical, .critical])
        #expect(bench.receiver.items.allSatisfy { $0.event == .firing })
        #expect(Set(bench.receiver.items.map(\.key)).count == 1)
        // Renewed on one monitor, then on the other.
        try await tell(bench, first, "b", until: end + days(90))
        #expect(try await bench.incidentList().map(\.state) == [.open])
        try await tell(bench, second, "b", until: end + days(90))
        bench.advance(by: .seconds(1800))
        try await tell(bench, second, "b", until: end + days(90))
        let ended = try #require(try await bench.incidentList().first)
        #expect(ended.state == .resolved && ended.resolution == "replaced")
        await eventually { bench.receiver.log.last == "ops resolved CN=a (first)" }
        try await bench.stop()
    }

    @Test func badChainOpensItsOwnIncidentAndDeletionEndsBoth() async throws {
        let bench = try await AlertingBench()
        let monitor = try await bench.add("shop")
        try await tell(bench, monitor, "a", until: bench.wall.now - days(2), up: false)
        #expect(Set(try await bench.incidentList().map(\.kind)) == [.monitor, .certificate])
        _ = try await bench.monitors.delete(monitor.id, now: bench.wall.now)
        await bench.broker.broadcast(.deleted(monitor.id), on: Topics.monitorEvents)
        await eventually { (try? await bench.incidentList().allSatisfy { $0.state == .resolved }) == true }
        #expect(Set(try await bench.incidentList().compactMap(\.resolution)) == ["deleted", "gone"])
        try await bench.stop()
    }

    @Test func restartRepeatsNothingAndDetectsARenewal() async throws {
        let bench = try await AlertingBench()
        try await bench.addChannel("ops")
        let monitor = try await bench.add("shop")
        let end = bench.wall.now + days(5)
        try await tell(bench, monitor, "a", until: end)
        try await bench.stop()
        let second = try await AlertingBench(bench.database)
        second.advance(by: .seconds(100))
        try await tell(second, monitor, "a", until: end)
        #expect(try await second.incidentList().count == 1 && second.receiver.log.isEmpty)
        try await second.stop()
        let third = try await AlertingBench(bench.database)
        third.advance(by: .seconds(200))
        try await tell(third, monitor, "b", until: end + days(90))
        third.advance(by: .seconds(1800))
        try await tell(third, monitor, "b", until: end + days(90))
        #expect(try await third.incidentList().map(\.state) == [.resolved])
        try await third.stop()
    }
}
