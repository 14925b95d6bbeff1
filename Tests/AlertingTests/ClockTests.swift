import Base
import Domain
import Storage
import TestSupport
import Testing

@testable import Alerting

/// The time of day is changed by hours while the system runs.
@Suite(.timeLimit(.minutes(10))) struct ClockTests {
    private func pass(_ bench: AlertingBench, minutes: Int) async throws {
        for _ in 0..<minutes {
            bench.advance(by: .seconds(60))
            try await bench.drain()
        }
    }

    /// Set back while the program runs, or while it is stopped.
    @Test(arguments: [false, true]) func clockSetBackStopsNothing(_ restarts: Bool) async throws {
        var bench = try await AlertingBench()
        let ops = try await bench.addChannel("ops") { $0.isDefault = false }
        let slow = try await bench.addChannel("slow") { $0.isDefault = false }
        var policy = Policy(id: 0, name: "all", channels: [ops.id])
        (policy.groupBy, policy.repeatInterval, policy.continues) = (["tag"], .seconds(1800), true)
        _ = try await bench.policies.insert(policy)
        var late = Policy(id: 0, name: "late", channels: [slow.id])
        (late.position, late.delay) = (1, .seconds(600))
        _ = try await bench.policies.insert(late)
        let (shop, other) = (try await bench.add("shop"), try await bench.add("other"))
        try await bench.tell(shop, ".x")
        try await bench.tell(other, ".")
        try await bench.drain()
        #expect(bench.receiver.log == ["ops firing shop"])
        let database = bench.database
        if restarts { try await bench.stop() }
        bench.wall.advance(by: .seconds(-3 * 3600))
        var before: [String] = []
        if restarts {
            before = bench.receiver.log
            bench = try await AlertingBench(database, wall: bench.wall)
        }
        bench.sender.wake()
        // The group's interval, the delay and the reminder keep their durations.
        try await bench.tell(other, "x")
        try await pass(bench, minutes: 1)
        #expect(before + bench.receiver.log == ["ops firing shop", "ops firing other"])
        try await pass(bench, minutes: 12)
        let sent = before + bench.receiver.log
        #expect(sent.count == 4 && sent.suffix(2).sorted() == ["slow firing other", "slow firing shop"])
        try await pass(bench, minutes: 20)
        #expect((before + bench.receiver.log).count { $0.contains("reminder") } == 2)
        try await bench.tell(shop, ".")
        try await bench.tell(other, ".")
        try await pass(bench, minutes: 5)
        #expect((before + bench.receiver.log).count { $0.contains("resolved") } == 4)
        #expect(try await bench.incidentList().allSatisfy { $0.state == .resolved })
        // The stored state is complete: another start continues from there.
        try await bench.stop()
        let last = try await AlertingBench(database, wall: bench.wall)
        try await last.tell(shop, ".x")
        try await pass(last, minutes: 1)
        try await last.tell(shop, ".")
        try await pass(last, minutes: 5)
        #expect(last.receiver.log.filter { $0.hasPrefix("ops") } == ["ops firing shop", "ops resolved shop"])
        try await last.stop()
    }

    /// A retry waits its minutes, and a channel's rate recovers, also when the clock is set back in between.
    @Test func retriesAndRateLimitsSurviveAClockSetBack() async throws {
        let bench = try await AlertingBench()
        try await bench.addChannel("ops") { $0.ratePerMinute = 1 }
        bench.receiver.answer("ops") { $0 == 1 ? .retry(reason: "busy", after: nil) : .delivered(reference: nil) }
        let (first, second) = (try await bench.add("first"), try await bench.add("second"))
        try await bench.tell(first, "x")
        await bench.tried(1)
        bench.wall.advance(by: .seconds(-7200))
        bench.sender.wake()
        try await bench.tell(second, "x")
        // Items that wait for the rate are due, so the outbox never drains. At most half of the two hours pass: an item
        // that waits for the old time would still be waiting then.
        var minutes = 0
        await eventually {
            if bench.receiver.log.count >= 2 { return true }
            if minutes < 60 { bench.advance(by: .seconds(60)) }
            minutes += 1
            return false
        }
        #expect(bench.receiver.log.sorted() == ["ops firing first", "ops firing second"])
        try await bench.stop()
    }

    /// A machine that slept for two days tries more than once before it gives up.
    @Test func oldNotificationsAreRetriedAfterALongSleep() async throws {
        let bench = try await AlertingBench()
        try await bench.addChannel("ops")
        bench.receiver.answer("ops") { $0 < 5 ? .retry(reason: "no network", after: nil) : .delivered(reference: nil) }
        let monitor = try await bench.add("shop")
        try await bench.tell(monitor, "x")
        await bench.tried(1)
        bench.wall.advance(by: .seconds(2 * 86_400))
        bench.sender.wake()
        try await pass(bench, minutes: 10)
        #expect(bench.receiver.log == ["ops firing shop"])
        try await bench.stop()
    }
}
