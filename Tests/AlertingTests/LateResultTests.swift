import Base
import Broker
import Domain
import Messages
import Results
import TestSupport
import Testing

@testable import Alerting

/// Results that come out of order around a takeover, of which the new alerter does not know what the old one has judged.
@Suite(.everyDatabase, .timeLimit(.minutes(10))) struct LateResultTests {
    private func publish(_ results: [CheckResult], _ bench: AlertingBench) async throws {
        for result in results { try await bench.broker.publish([result], to: Topics.results) }
    }

    private func isAcknowledged(_ bench: AlertingBench) async {
        let text = #"sentinel_queue_in_flight{topic="monitoring-results"} 0"#
        await eventually { bench.registry.prometheusText().contains(text) }
    }

    /// Successes were judged, and their alerter died; then the results of checks before the last one arrive.
    @Test(arguments: [1, 3]) func resultThatIsOlderThanWhatWasJudgedChangesNothing(_ count: Int) async throws {
        let first = try await AlertingBench()
        let monitor = try await first.add("shop")
        var late: [CheckResult] = []
        for _ in 0..<count {
            try await first.tell(monitor, ".")
            first.advance(by: .milliseconds(500))
            late.append(first.result(monitor, up: false))
        }
        try await first.tell(monitor, "..")
        try await first.stop()

        let second = try await AlertingBench(first.database, wall: first.wall)
        _ = try await second.results.append(late)
        try await publish(late, second)
        try await second.tell(monitor, ".")
        await isAcknowledged(second)
        #expect(try await second.incidentList().isEmpty)
        #expect(await second.alerter.entry(monitor.id)?.verdict.state == .up)
        // From here on the new alerter knows the newest check itself.
        try await second.tell(monitor, "x.")
        #expect(try await second.incidentList().map(\.state) == [.resolved])
        try await second.stop()
    }

    /// An outage that nobody has judged yet, although its results are stored: each of them counts, in order.
    @Test(arguments: [true, false]) func outageThatWaitedForAnAlerterIsJudged(isOver: Bool) async throws {
        let first = try await AlertingBench()
        let monitor = try await first.add("shop") { $0.rule.retries = 1 }
        try await first.tell(monitor, "..")
        try await first.stop()
        var waiting: [CheckResult] = []
        for letter in isOver ? "xxx." : "xxx" {
            first.advance(by: .seconds(1))
            waiting.append(first.result(monitor, up: letter == "."))
        }
        _ = try await first.results.append(waiting)

        let second = try await AlertingBench(first.database, wall: first.wall)
        try await publish(waiting, second)
        let last = try #require(waiting.last)
        await second.judged(last)
        await isAcknowledged(second)
        await second.settle()
        let incidents = try await second.incidentList()
        #expect(incidents.map(\.state) == [isOver ? .resolved : .open])
        #expect(incidents.first?.openedAt == waiting[1].checkedAt)
        try await second.stop()
    }

    @Test("a check that is repeated after a takeover waits until its first result is stored", arguments: [true, false])
    func repeatedCheckWaitsForProcessors(isStoredLater: Bool) async throws {
        let first = try await AlertingBench()
        let monitor = try await first.add("shop")
        try await first.tell(monitor, "..")
        first.advance(by: .seconds(1))
        let judged = first.result(monitor, up: true)
        try await publish([judged], first)
        await first.judged(judged)
        try await first.stop()

        // Another worker has made the same check again; processors have stored neither result.
        let again = first.result(monitor, up: false)
        let second = try await AlertingBench(
            first.database,
            wall: first.wall,
            processorPatience: .seconds(10)
        )
        try await publish([again], second)
        let text = #"sentinel_queue_in_flight{topic="monitoring-results"} 1"#
        await eventually { second.registry.prometheusText().contains(text) }
        if isStoredLater { _ = try await second.results.append([judged]) }
        // What is waited for is looked for every 100 ms.
        await eventually {
            second.advance(by: .milliseconds(100))
            return second.registry.prometheusText().contains(text.replacing("} 1", with: "} 0"))
        }
        #expect(try await second.incidentList().map(\.state) == (isStoredLater ? [] : [.open]))
        try await second.stop()
    }

    /// What waits for a result that never comes is not waited for in all eternity.
    @Test func heldResultIsLetGoInTime() {
        var held = HeldResults()
        func result(_ time: Int64) -> CheckResult {
            let due = Timestamp(milliseconds: time)
            return CheckResult(
                monitorID: MonitorID(rawValue: 1),
                region: .local,
                scheduledAt: due,
                checkedAt: due,
                outcome: Outcome(latency: .zero)
            )
        }
        let start = Timestamp(milliseconds: 1_000_000)
        let ids = (1...4).map { DeliveryID(rawValue: $0) }
        let newer: Set<Timestamp> = [Timestamp(milliseconds: 2500), Timestamp(milliseconds: 5000)]
        held.hold(result(1000), ids[0], for: newer, now: start)
        #expect(held.holds(ids[0], of: result(1000)))
        #expect(held.take(result(2000), ids[1], now: start + .seconds(1)) == [])
        #expect(held.takeSettled().isEmpty)
        let late = result(3000)
        #expect(held.take(late, ids[2], now: start + HeldResults.patience) == [late], "the one at 2500 was judged")
        #expect(held.takeSettled() == [ids[0], ids[1]])
        #expect(held.isEmpty)
        // Others judge the monitor from now on: nothing of it is acknowledged here.
        held.hold(result(1000), ids[3], for: newer, now: start)
        held.remove { $0.rawValue == 1 }
        #expect(held.isEmpty && held.takeSettled().isEmpty)
    }
}
