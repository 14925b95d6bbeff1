import Messages
import Base
import Broker
import Domain
import Pipeline
import Storage
import TestSupport
import Testing
import ZoneInfo

@testable import Alerting

/// Notifications while maintenance windows begin and end.
@Suite(.timeLimit(.minutes(10))) struct MaintenanceTests {
    /// A window from that many seconds from now to that many.
    private func plan(
        _ bench: AlertingBench,
        _ name: String = "work",
        _ seconds: ClosedRange<Int64> = 0...600,
        _ matchers: [String] = []
    ) async throws -> MaintenancePlan {
        let (start, end) = (
            bench.wall.now + .seconds(seconds.lowerBound), bench.wall.now + .seconds(seconds.upperBound)
        )
        var draft = MaintenancePlan(name: name, schedule: .once(start: start, end: end), createdAt: bench.wall.now)
        draft.matchers = try matchers.map { try LabelMatcher($0) }
        return try await tell(bench, try await bench.maintenance.insert(draft))
    }

    private func tell(_ bench: AlertingBench, _ plan: MaintenancePlan) async throws -> MaintenancePlan {
        await bench.broker.broadcast(MaintenanceChanged(id: plan.id), on: Topics.maintenanceChanges)
        return plan
    }

    private func wait(_ bench: AlertingBench, _ monitor: Monitor, _ state: MonitorState) async throws {
        let statuses = StatusRepository(database: bench.database)
        let isReached = await eventually { (try? await statuses.status(monitor.id))??.state == state }
        #expect(isReached, "\(monitor.name) is not \(state)")
    }

    @Test("a window whose time zone is gone is named for the health") func goneZone() async throws {
        let bench = try await AlertingBench()
        var lost = MaintenancePlan(
            name: "lost",
            schedule: .once(start: bench.wall.now, end: bench.wall.now + .seconds(60)),
            createdAt: bench.wall.now
        )
        lost.zone = "Mars/Base"
        lost = try await bench.maintenance.insert(lost)
        let named = Locked<[[String]]>([])
        let clock = MaintenanceClock(
            bench.maintenance,
            monitors: bench.monitors,
            broker: bench.broker,
            zones: ZoneFiles(),
            logger: Logger(label: "test", handler: bench.records),
            faults: { faults in named.withLock { $0.append(faults) } }
        )
        #expect(await clock.prepare().isEmpty)
        let faults = named.withLock { $0 }
        #expect(faults.count == 1 && faults[0].count == 1)
        #expect(faults[0][0].contains("'lost'") && faults[0][0].contains("Mars/Base"))
    }

    @Test func failuresDuringMaintenanceAlertOnlyIfTheyOutlastIt() async throws {
        let bench = try await AlertingBench()
        try await bench.addChannel("ops")
        let (broken, mended, outside) = (
            try await bench.add("broken", tags: ["shop"]), try await bench.add("mended", tags: ["shop"]),
            try await bench.add("outside")
        )
        for monitor in [broken, mended, outside] { try await bench.tell(monitor, ".") }
        _ = try await plan(bench, "work", 0...600, ["tag=shop"])
        for monitor in [broken, mended] { try await wait(bench, monitor, .maintenance) }
        try await bench.tell(broken, "xx")
        try await bench.tell(mended, "x.")
        try await bench.tell(outside, "x")
        try await bench.drain()
        #expect(bench.receiver.log == ["ops firing outside"])
        #expect(await bench.alerter.entry(broken.id)?.verdict.state == .maintenance)
        bench.advance(by: .seconds(600))
        try await wait(bench, broken, .down)
        try await wait(bench, mended, .up)
        await eventually { bench.receiver.log.count == 2 }
        #expect(bench.receiver.log == ["ops firing outside", "ops firing broken"])
        let incident = try #require(try await bench.incidentList().last)
        #expect(incident.reason == "http_status" && incident.failures == 2, "the check of before is its evidence")
        try await bench.tell(broken, ".")
        await eventually { bench.receiver.log.last == "ops resolved broken" }
        try await bench.stop()
    }

    @Test func openIncidentContinuesWithoutReminders() async throws {
        let bench = try await AlertingBench()
        try await bench.addChannel("ops")
        let monitor = try await bench.add("shop") { ($0.rule.retries, $0.repeatInterval) = (0, .seconds(60)) }
        try await bench.tell(monitor, "x")
        try await bench.drain()
        _ = try await plan(bench, "work", 0...600)
        try await wait(bench, monitor, .maintenance)
        bench.advance(by: .seconds(300))
        try await bench.tell(monitor, "x")
        try await bench.drain()
        #expect(bench.receiver.log == ["ops firing shop"])
        #expect(try await bench.incidentList().map(\.state) == [.open])
        bench.advance(by: .seconds(300))
        await eventually { bench.receiver.log.count == 2 }
        #expect(bench.receiver.log == ["ops firing shop", "ops reminder shop"])
        try await bench.stop()
    }

    @Test func lastOfTwoWindowsEndsMaintenance() async throws {
        let bench = try await AlertingBench()
        let monitor = try await bench.add("shop")
        try await bench.tell(monitor, ".")
        _ = try await plan(bench, "first", 0...100)
        _ = try await plan(bench, "second", 50...200)
        try await wait(bench, monitor, .maintenance)
        bench.advance(by: .seconds(120))
        try await bench.tell(monitor, "x")
        #expect(await bench.alerter.entry(monitor.id)?.verdict.state == .maintenance)
        bench.advance(by: .seconds(100))
        try await wait(bench, monitor, .down)
        try await bench.stop()
    }

    @Test func changesOfMonitorsAndWindowsTakeEffectAtOnce() async throws {
        let bench = try await AlertingBench()
        let monitor = try await bench.add("shop")
        try await bench.tell(monitor, ".")
        var window = try await plan(bench, "work", 0...600, ["tag=later"])
        let tagged = try await bench.monitors.update(monitor.id, now: bench.wall.now) { $0.tags = ["later"] }
        await bench.broker.broadcast(.changed(tagged), on: Topics.monitorEvents)
        try await wait(bench, monitor, .maintenance)
        window.isEnabled = false
        try await bench.maintenance.update(window)
        _ = try await tell(bench, window)
        try await wait(bench, monitor, .up)
        window.isEnabled = true
        try await bench.maintenance.update(window)
        _ = try await tell(bench, window)
        try await wait(bench, monitor, .maintenance)
        let new = try await bench.add("new", tags: ["later"])
        await bench.broker.broadcast(.changed(new), on: Topics.monitorEvents)
        try await wait(bench, new, .maintenance)
        #expect(try await bench.maintenance.delete(window.id))
        _ = try await tell(bench, window)
        try await wait(bench, monitor, .up)
        try await wait(bench, new, .unknown)
        try await bench.stop()
    }

    @Test func restartRecomputesActiveWindows() async throws {
        let bench = try await AlertingBench()
        let monitor = try await bench.add("shop")
        try await bench.tell(monitor, ".")
        _ = try await plan(bench, "work", 0...600)
        try await wait(bench, monitor, .maintenance)
        try await bench.stop()
        // It starts later: nothing may hang on who sees the time pass first.
        let later = AlertingBench.Wall()
        later.advance(by: .seconds(100))
        let second = try await AlertingBench(bench.database, wall: later)
        try await wait(second, monitor, .maintenance)
        try await second.tell(monitor, "x")
        #expect(await second.alerter.entry(monitor.id)?.verdict.state == .maintenance)
        #expect(try await second.incidentList().isEmpty)
        try await second.stop()
        // The window ends while the process is stopped; what it held is sent at once.
        var ended = try #require(try await bench.maintenance.list().first)
        ended.until = bench.wall.now + .milliseconds(1)
        try await bench.maintenance.update(ended)
        let third = try await AlertingBench(bench.database)
        third.advance(by: .seconds(200))
        try await wait(third, monitor, .down)
        #expect(await eventually { (try? await third.incidentList().count) == 1 })
        try await third.stop()
    }

    @Test func manyMonitorsEnterMaintenanceInPages() async throws {
        let bench = try await AlertingBench()
        var last: Monitor?
        for number in 1...1100 { last = try await bench.add("m\(number)") }
        _ = try await plan(bench, "work", 10...600)
        bench.advance(by: .seconds(10))
        try await wait(bench, try #require(last), .maintenance)
        #expect(await eventually { bench.alerter.counts[.maintenance] == 1100 })
        try await bench.stop()
    }
}
