import Base
import Broker
import Domain
import Messages
import Results
import Runtime
import TestSupport
import Testing

@testable import Alerting

/// A check that is made again, because the word that it was made has got lost.
@Suite(.timeLimit(.minutes(10))) struct RepeatedCheckTests {
    @Test("the second result of a check changes nothing, also for an alerter that has just taken over")
    func repeatedCheckAfterATakeover() async throws {
        let bench = try await RoleBench(monitors: 1, seed: 4)
        let monitor = bench.monitors[0]
        let start = Timestamp.now - .seconds(300)
        let checks = [
            check(of: monitor, at: start, isUp: true), check(of: monitor, at: start + .seconds(60), isUp: true),
        ]
        let store = ResultBackend(of: bench.database).make(on: bench.database)
        #expect(try await store.append(checks) == 2)
        try await alerter(of: bench, monitor, gets: checks) { $0.scheduledAt == start + .seconds(60) }

        // The other one knows that the monitor is up, but not since when the last check was.
        let again = check(of: monitor, at: start + .seconds(60), isUp: false)
        let next = check(of: monitor, at: start + .seconds(120), isUp: true)
        let last = try await alerter(of: bench, monitor, gets: [again, next]) {
            // The failure must not even be waited on for its confirmation.
            $0.scheduledAt == start + .seconds(120)
        }
        #expect(last.since < start + .seconds(60), "the state began with the first check")
        let failure = check(of: monitor, at: start + .seconds(180), isUp: false)
        try await alerter(of: bench, monitor, gets: [failure]) { $0.verdict.state == .pending }
    }

    /// Runs an alerter until it has made what is expected of the results.
    @discardableResult
    private func alerter(
        of bench: RoleBench,
        _ monitor: Monitor,
        gets results: [CheckResult],
        until isExpected: @Sendable (MonitorStates.Entry) -> Bool
    ) async throws -> MonitorStates.Entry {
        let alerter = bench.makeAlerter(bench.broker, bench.database)
        let shutdown = GracefulShutdown()
        let running = Task { try await alerter.run(until: shutdown) }
        await eventually { await alerter.entry(monitor.id) != nil }
        for result in results { try await bench.broker.publish([result], to: Topics.results) }
        await eventually { await alerter.entry(monitor.id).map(isExpected) ?? false }
        let entry = try #require(await alerter.entry(monitor.id))
        shutdown.trigger()
        try await running.value
        return entry
    }

    private func check(of monitor: Monitor, at due: Timestamp, isUp: Bool) -> CheckResult {
        var outcome = Outcome(latency: .milliseconds(3))
        if !isUp { outcome.failure = Outcome.Failure(.connectRefused, in: .connect, "refused") }
        return CheckResult(
            monitorID: monitor.id,
            region: .local,
            scheduledAt: due,
            checkedAt: isUp ? due : due + .seconds(120),
            outcome: outcome,
            revision: 1,
            url: monitor.spec.target
        )
    }
}
