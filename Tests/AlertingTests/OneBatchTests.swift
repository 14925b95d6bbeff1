import Results
import Messages
import Base
import Broker
import Domain
import Pipeline
import Storage
import TestSupport
import Testing

@testable import Alerting

/// Events of one batch are written in one transaction and notified as if they had happened one after the other.
@Suite(.timeLimit(.minutes(10)), .everyDatabase) struct OneBatchTests {
    /// Publishes results together: a monitor and `.` or `x` each, a second apart.
    private func tell(_ bench: AlertingBench, _ steps: [(Monitor, Character)]) async throws {
        var results: [CheckResult] = []
        for (monitor, letter) in steps {
            bench.advance(by: .seconds(1))
            results.append(bench.result(monitor, up: letter == "."))
        }
        _ = try await bench.results.append(results)
        try await bench.broker.publish(results, to: Topics.results)
        for (monitor, _) in steps {
            let last = results.last { $0.monitorID == monitor.id }?.scheduledAt
            await eventually { await bench.alerter.entry(monitor.id)?.scheduledAt == last }
        }
        await bench.alerter.settle()
    }

    private func settled(_ bench: AlertingBench, after seconds: Int = 0) async throws -> [String] {
        bench.advance(by: .seconds(seconds))
        try await bench.drain()
        return bench.receiver.log
    }

    @Test func incidentOpenedAndResolvedInOneBatchIsNotNotified() async throws {
        let bench = try await AlertingBench()
        let channel = try await bench.addChannel("ops")
        var policy = Policy(id: 0, name: "all", channels: [channel.id])
        policy.repeatInterval = .seconds(60)
        _ = try await bench.policies.insert(policy)
        let monitor = try await bench.add("shop")
        try await tell(bench, [(monitor, "."), (monitor, "x"), (monitor, ".")])
        for _ in 0..<3 { #expect(try await settled(bench, after: 60) == []) }
        #expect(try await bench.incidentList().map(\.state) == [.resolved])
        try await bench.stop()
    }

    @Test func incidentResolvedAndReopenedInOneBatchContinues() async throws {
        let bench = try await AlertingBench()
        try await bench.addChannel("ops")
        let monitor = try await bench.add("shop") { ($0.rule.retries, $0.rule.settleTime) = (0, .seconds(60)) }
        try await tell(bench, [(monitor, "x")])
        #expect(try await settled(bench) == ["ops firing shop"])
        try await tell(bench, [(monitor, "."), (monitor, "x")])
        #expect(try await settled(bench, after: 5) == ["ops firing shop"])
        try await tell(bench, [(monitor, ".")])
        #expect(try await settled(bench, after: 60) == ["ops firing shop", "ops resolved shop"])
        try await bench.stop()
    }

    /// A router, and a shop that depends on it and was added before it.
    private func family(_ bench: AlertingBench) async throws -> (shop: Monitor, router: Monitor) {
        let shop = try await bench.add("shop")
        let router = try await bench.add("router")
        let changed = try await bench.monitors.update(shop.id, now: bench.wall.now) {
            $0.alerting.dependsOn = [router.id]
        }
        await bench.broker.broadcast(.changed(changed), on: Topics.monitorEvents)
        return (changed, router)
    }

    @Test func incidentThatIsExplainedItselfExplainsThoseThatDependOnIt() async throws {
        let bench = try await AlertingBench()
        try await bench.addChannel("ops")
        let power = try await bench.add("power")
        let router = try await bench.add("router") { ($0.rule.retries, $0.dependsOn) = (0, [power.id]) }
        let shop = try await bench.add("shop") { ($0.rule.retries, $0.dependsOn) = (0, [router.id]) }
        try await tell(bench, [(power, "."), (router, "."), (shop, ".")])
        try await tell(bench, [(power, "x")])
        // The farthest fails first, and waits for what may explain it.
        try await tell(bench, [(shop, "x")])
        try await tell(bench, [(router, "x")])
        #expect(try await settled(bench, after: 120) == ["ops firing power"])
        let causes = try await bench.incidentList().map { ($0.monitorID, $0.causedBy) }
        #expect(causes.first { $0.0 == shop.id }?.1 != nil)
        try await bench.stop()
    }

    @Test func dependentFailureSeenFirstIsStillExplained() async throws {
        let bench = try await AlertingBench()
        try await bench.addChannel("ops")
        let (shop, router) = try await family(bench)
        try await tell(bench, [(shop, "."), (router, ".")])
        try await tell(bench, [(shop, "x"), (router, "x")])
        #expect(try await settled(bench, after: 120) == ["ops firing router"])
        try await tell(bench, [(router, ".")])
        #expect(try await settled(bench) == ["ops firing router", "ops resolved router"])
        #expect(try await settled(bench, after: 89).count == 2)
        #expect(try await settled(bench, after: 2).last == "ops firing shop")
        try await bench.stop()
    }

    @Test func dependentIsNotifiedWhenItsCauseEndsInTheSameBatch() async throws {
        let bench = try await AlertingBench()
        try await bench.addChannel("ops")
        let (shop, router) = try await family(bench)
        try await tell(bench, [(shop, "."), (router, "x")])
        #expect(try await settled(bench) == ["ops firing router"])
        try await tell(bench, [(shop, "x"), (router, ".")])
        let sent = try await settled(bench, after: 120)
        #expect(sent.sorted() == ["ops firing router", "ops firing shop", "ops resolved router"])
        try await bench.stop()
    }

    @Test func reopenedIncidentDoesNotWaitForAnEndedCause() async throws {
        let bench = try await AlertingBench()
        try await bench.addChannel("ops")
        let (shop, router) = try await family(bench)
        let changed = try await bench.monitors.update(shop.id, now: bench.wall.now) {
            $0.alerting.rule.settleTime = .seconds(300)
        }
        await bench.broker.broadcast(.changed(changed), on: Topics.monitorEvents)
        try await tell(bench, [(shop, "."), (router, "x")])
        try await tell(bench, [(shop, "x")])
        try await tell(bench, [(router, "."), (shop, ".")])
        #expect(try await settled(bench, after: 20) == ["ops firing router", "ops resolved router"])
        try await tell(bench, [(shop, "x")])
        #expect(try await settled(bench, after: 20).last == "ops firing shop")
        #expect(try await bench.incidentList().last { $0.subject == "shop" }?.causedBy == nil)
        try await bench.stop()
    }

    @Test func openCauseExplainsWhenTheOtherHasEnded() async throws {
        let bench = try await AlertingBench()
        try await bench.addChannel("ops")
        let (first, second) = (try await bench.add("first"), try await bench.add("second"))
        let shop = try await bench.add("shop") { ($0.rule.retries, $0.dependsOn) = (0, [first.id, second.id]) }
        try await tell(bench, [(first, "x"), (second, "x"), (shop, "x")])
        #expect(try await settled(bench).count == 2)
        try await tell(bench, [(first, ".")])
        #expect(try await settled(bench, after: 300).filter { $0.hasSuffix("shop") } == [])
        try await tell(bench, [(second, ".")])
        #expect(try await settled(bench, after: 100).contains("ops firing shop"))
        try await bench.stop()
    }

    @Test func reopenedCauseExplainsAgain() async throws {
        let bench = try await AlertingBench()
        try await bench.addChannel("ops")
        let (shop, router) = try await family(bench)
        try await tell(bench, [(router, "x"), (shop, "x")])
        try await tell(bench, [(router, ".")])
        _ = try await settled(bench, after: 60)
        try await tell(bench, [(router, "x")])
        #expect(try await settled(bench, after: 300).filter { $0.hasSuffix("shop") } == [])
        try await bench.stop()
    }

    @Test func failureChecksItsDependenciesAtOnce() async throws {
        let bench = try await AlertingBench()
        let (shop, router) = try await family(bench)
        let wanted = Locked<[MonitorID]>([])
        let confirmations = await bench.broker.listen(Topics.confirmations)
        let listening = Task {
            for await case .message(let wish) in confirmations { wanted.withLock { $0.append(wish.monitorID) } }
        }
        try await tell(bench, [(shop, "."), (router, ".")])
        try await tell(bench, [(shop, "x")])
        #expect(await eventually { wanted.withLock { $0 } == [router.id] })
        try await tell(bench, [(router, "x")])
        try await tell(bench, [(shop, "x")])
        listening.cancel()
        #expect(wanted.withLock { $0 } == [router.id], "what is down already is not asked for again")
        try await bench.stop()
    }

    @Test func changedReasonIsRecordedWhileDown() async throws {
        let bench = try await AlertingBench()
        let monitor = try await bench.add("shop")
        func see(_ reason: Reason) async throws {
            bench.advance(by: .seconds(1))
            let result = bench.result(monitor, up: false) { $0.failure = .init(reason, in: .connect, "\(reason)") }
            _ = try await bench.results.append([result])
            try await bench.broker.publish([result], to: Topics.results)
            await eventually { await bench.alerter.entry(monitor.id)?.scheduledAt == result.scheduledAt }
            await bench.alerter.settle()
        }
        for reason in [Reason.connectTimeout, .connectTimeout, .httpStatus, .httpStatus, .connectTimeout] {
            try await see(reason)
        }
        let incident = try #require(try await bench.incidentList().first)
        #expect(incident.reason == "connect_timeout" && incident.failures == 3)
        let lines = try await bench.incidents.events(of: incident.id, limit: 100)
        let reasons = lines.filter { $0.kind == .failed }.map { $0.detail?["reason"]?.stringValue }
        #expect(reasons == ["connect_timeout", "http_status", "connect_timeout"])
        try await bench.stop()
    }
}
