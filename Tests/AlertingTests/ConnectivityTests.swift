import Results
import HTTPCheck
import Messages
import Base
import Broker
import Domain
import Pipeline
import Storage
import TestSupport
import Testing

@testable import Alerting

/// When nearly everything fails at once, people are notified once.
@Suite(.timeLimit(.minutes(10))) struct ConnectivityTests {
    /// Publishes one result for each monitor together, and waits until they are judged.
    private func tell(
        _ bench: AlertingBench,
        _ monitors: [Monitor],
        failing reason: Reason?
    ) async throws {
        bench.advance(by: .seconds(1))
        let results = monitors.map { monitor in
            bench.result(monitor, up: true) { outcome in
                if let reason { outcome.failure = .init(reason, in: .connect, "no way") }
            }
        }
        _ = try await bench.results.append(results)
        try await bench.broker.publish(results, to: Topics.results)
        let last = try #require(results.last)
        await eventually { await bench.alerter.entry(last.monitorID)?.scheduledAt == last.scheduledAt }
        await bench.alerter.settle()
    }

    private func fleet(_ bench: AlertingBench, _ count: Int) async throws -> [Monitor] {
        var monitors: [Monitor] = []
        for number in 1...count { monitors.append(try await bench.add("m\(number)")) }
        return monitors
    }

    @Test func lostNetworkSendsOneNotificationForAllMonitors() async throws {
        let bench = try await AlertingBench()
        try await bench.addChannel("ops")
        let wanted = await bench.broker.listen(Topics.confirmations)
        let monitors = try await fleet(bench, 50)
        try await tell(bench, monitors, failing: nil)
        try await tell(bench, monitors, failing: .connectTimeout)
        try await bench.drain()
        #expect(bench.receiver.log == ["ops firing Own connectivity"])
        #expect(bench.alerter.counts[.down] == 50, "states show what was observed")
        #expect(try await bench.incidentList().map(\.kind) == [.connectivity])
        // Three are really down; monitors that were not checked since do not count as down.
        try await tell(bench, Array(monitors.dropFirst(3).prefix(40)), failing: nil)
        #expect(try await bench.incidentList().map(\.state) == [.resolved])
        let confirmations = wanted.makeAsyncIterator()
        #expect(await confirmations.next()?.message?.monitorID == monitors[0].id, "what waits is checked again")
        try await tell(bench, Array(monitors.dropFirst(43)), failing: nil)
        #expect(try await bench.incidentList().count == 1)
        try await tell(bench, Array(monitors.prefix(3)), failing: .connectTimeout)
        try await bench.drain()
        await eventually { bench.receiver.log.count == 5 }
        #expect(bench.receiver.log.prefix(2) == ["ops firing Own connectivity", "ops resolved Own connectivity"])
        #expect(bench.receiver.log.dropFirst(2).sorted() == ["ops firing m1", "ops firing m2", "ops firing m3"])
        try await bench.stop()
    }

    @Test(arguments: [Reason.connectRefused, .httpStatus]) func failuresWithOtherReasonsAreNotHeld(_ reason: Reason)
        async throws
    {
        let bench = try await AlertingBench()
        let monitors = try await fleet(bench, 10)
        try await tell(bench, monitors, failing: nil)
        try await tell(bench, monitors, failing: reason)
        #expect(try await bench.incidentList().count { $0.kind == .monitor } == 10)
        #expect(try await bench.incidentList().count == 10)
        try await bench.stop()
    }

    @Test func oneHostWithManyMonitorsIsNoNetworkOutage() async throws {
        let bench = try await AlertingBench()
        let monitors = try await fleet(bench, 300).map { monitor in
            var monitor = monitor
            monitor.spec.http.url = "http://one.test/\(monitor.id)"
            return monitor
        }
        try await tell(bench, monitors, failing: nil)
        try await tell(bench, monitors, failing: .connectTimeout)
        #expect(try await bench.incidentList().count { $0.kind == .monitor } == 300)
        try await bench.stop()
    }

    @Test func outageContinuesAfterARestart() async throws {
        let bench = try await AlertingBench()
        let monitors = try await fleet(bench, 10)
        try await tell(bench, monitors, failing: nil)
        try await tell(bench, monitors, failing: .dnsTimeout)
        try await bench.stop()
        let second = try await AlertingBench(bench.database)
        second.advance(by: .seconds(100))
        try await tell(second, monitors, failing: .dnsTimeout)
        #expect(try await second.incidentList().count == 1)
        try await tell(second, monitors, failing: nil)
        #expect(try await second.incidentList().map(\.state) == [.resolved])
        #expect(second.alerter.counts[.up] == 10)
        try await second.stop()
    }

    @Test(
        arguments: [
            ("http://a.test/", "a.test"), ("https://a.test:8443/x", "a.test"), ("http://[::1]:80/", "[::1]"),
            ("http://a.test?x", "a.test"), ("a.test", nil), ("http:///", nil),
        ] as [(String, String?)]
    )
    func hostsAreReadFromURLs(_ url: String, _ host: String?) { #expect(ConnectivityWatch.host(url) == host) }

    @Test func canariesCountAfterTheirSecondFailure() async throws {
        let clock = ManualClock()
        let lost = Locked<Set<String>>([])
        let watch = CanaryWatch(["a:1", "b:2"], clock: clock) { canary in !lost.withLock { $0.contains(canary) } }
        let reports = Locked<[Int]>([])
        let running = Task { await watch.run { _, lost in reports.withLock { $0.append(lost) } } }
        for (round, set) in [[], ["a:1", "b:2"], ["a:1", "b:2"], ["a:1"], []].enumerated() {
            lost.withLock { $0 = Set(set) }
            if round > 0 { clock.advance(by: .seconds(10)) }
            await eventually { reports.withLock { $0.count } == round + 1 && clock.sleeperCount == 1 }
        }
        #expect(reports.withLock { $0 } == [0, 0, 2, 1, 0])
        running.cancel()
        await running.value
    }
}
