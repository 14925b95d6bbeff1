import Messages
import Base
import Broker
import Domain
import Storage
import TestSupport
import Testing

@testable import Alerting

/// Monitors that depend on others, and what keeps their notifications back.
@Suite(.timeLimit(.minutes(10))) struct DependencyTests {
    private struct Pair {
        let bench: AlertingBench
        let parent: Monitor
        let child: Monitor

        /// The clocks of a channel that is notified, a parent under a tag, and a child of it; both are up.
        init() async throws {
            bench = try await AlertingBench()
            try await bench.addChannel("ops")
            parent = try await bench.add("database", tags: ["base"])
            let id = parent.id
            child = try await bench.add("shop") { ($0.rule.retries, $0.dependsOn) = (0, [id]) }
            try await bench.tell(parent, ".")
            try await bench.tell(child, ".")
        }

        /// Begins maintenance of the parent for ten minutes.
        func maintain() async throws {
            let schedule = MaintenancePlan.Schedule.once(start: bench.wall.now, end: bench.wall.now + .seconds(600))
            var plan = MaintenancePlan(name: "work", schedule: schedule, createdAt: bench.wall.now)
            plan.matchers = [try LabelMatcher("tag=base")]
            let stored = try await bench.maintenance.insert(plan)
            await bench.broker.broadcast(MaintenanceChanged(id: stored.id), on: Topics.maintenanceChanges)
            try await wait(.maintenance)
        }

        /// Waits until the parent has a state.
        func wait(_ state: MonitorState) async throws {
            let statuses = StatusRepository(database: bench.database)
            #expect(await eventually { (try? await statuses.status(parent.id))??.state == state })
            await bench.alerter.settle()
        }

        func pass(_ seconds: Int) async throws {
            bench.advance(by: .seconds(seconds))
            try await bench.drain()
        }
    }

    @Test func dependencyTakenAwayReleasesTheChild() async throws {
        let pair = try await Pair()
        let bench = pair.bench
        try await bench.tell(pair.parent, "x")
        try await bench.tell(pair.child, "x")
        try await pair.pass(20)
        #expect(bench.receiver.log == ["ops firing database"])
        let changed = try await bench.monitors.update(pair.child.id, now: bench.wall.now) { $0.alerting.dependsOn = [] }
        await bench.broker.broadcast(.changed(changed), on: Topics.monitorEvents)
        try await pair.pass(1)
        await eventually { bench.receiver.log.count == 2 }
        #expect(bench.receiver.log == ["ops firing database", "ops firing shop"])
        let incident = try #require(try await bench.incidentList().last)
        #expect(incident.causedBy == nil)
        try await bench.stop()
    }

    @Test func dependencyOnAnotherDownMonitorStillExplains() async throws {
        let pair = try await Pair()
        let bench = pair.bench
        let other = try await bench.add("network")
        for monitor in [pair.parent, other, pair.child] { try await bench.tell(monitor, "x") }
        _ = try await bench.monitors.update(pair.child.id, now: bench.wall.now) { $0.alerting.dependsOn = [other.id] }
        try await pair.pass(20)
        #expect(!bench.receiver.log.contains("ops firing shop"))
        let incidents = try await bench.incidentList()
        #expect(incidents.last?.causedBy == incidents[1].id)
        try await bench.stop()
    }

    @Test(arguments: [true, false]) func parentDownWithinMaintenanceKeepsItsChildrenQuiet(_ isFirst: Bool) async throws
    {
        let pair = try await Pair()
        let bench = pair.bench
        try await pair.maintain()
        for monitor in isFirst ? [pair.parent, pair.child] : [pair.child, pair.parent] {
            try await bench.tell(monitor, "x")
        }
        try await pair.pass(60)
        #expect(bench.receiver.log.isEmpty)
        let incident = try #require(try await bench.incidentList().first)
        let texts = try await bench.incidents.events(of: incident.id, limit: 100).map(\.text)
        #expect(texts.last == "Kept back: database, on which this monitor depends, is down within maintenance")
        // The parent is well again and the child is not: that is its own.
        try await bench.tell(pair.parent, ".")
        try await pair.pass(60)
        #expect(bench.receiver.log.isEmpty, "it may come back by itself")
        try await pair.pass(40)
        await eventually { !bench.receiver.log.isEmpty }
        #expect(bench.receiver.log == ["ops firing shop"])
        try await bench.stop()
    }

    @Test func parentStillDownAfterMaintenanceExplainsByItsIncident() async throws {
        let pair = try await Pair()
        let bench = pair.bench
        try await pair.maintain()
        try await bench.tell(pair.parent, "x")
        try await bench.tell(pair.child, "x")
        try await pair.pass(600)
        try await pair.wait(.down)
        try await pair.pass(200)
        #expect(bench.receiver.log == ["ops firing database"])
        let incidents = try await bench.incidentList()
        #expect(incidents.first?.causedBy == incidents.last?.id && incidents.last?.monitorID == pair.parent.id)
        try await bench.stop()
    }

    @Test func parentDownWithinMaintenanceHoldsWhatAnotherCauseOrOwnMaintenanceLetsGo() async throws {
        let pair = try await Pair()
        let bench = pair.bench
        let other = try await bench.add("network")
        let parents = [pair.parent.id, other.id]
        let changed = try await bench.monitors.update(pair.child.id, now: bench.wall.now) {
            $0.alerting.dependsOn = parents
        }
        await bench.broker.broadcast(.changed(changed), on: Topics.monitorEvents)
        try await pair.maintain()
        for monitor in [pair.parent, other, pair.child] { try await bench.tell(monitor, "x") }
        try await pair.pass(60)
        #expect(bench.receiver.log == ["ops firing network"])
        // The one cause ends, and the other one still explains it.
        try await bench.tell(other, ".")
        try await pair.pass(200)
        #expect(bench.receiver.log == ["ops firing network", "ops resolved network"])
        try await bench.tell(pair.parent, ".")
        try await pair.pass(100)
        await eventually { bench.receiver.log.count == 3 }
        #expect(bench.receiver.log.last == "ops firing shop")
        try await bench.stop()
    }

    @Test func parentThatIsWellWithinMaintenanceKeepsNothingBack() async throws {
        let pair = try await Pair()
        try await pair.maintain()
        try await pair.bench.tell(pair.child, "x")
        try await pair.pass(20)
        await eventually { !pair.bench.receiver.log.isEmpty }
        #expect(pair.bench.receiver.log == ["ops firing shop"])
        try await pair.bench.stop()
    }

    @Test func deletedMonitorGoesFromTheDependenciesOfOthers() async throws {
        let pair = try await Pair()
        let bench = pair.bench
        let before = try #require(try await bench.monitors.monitor(pair.child.id))
        #expect(try await bench.monitors.delete(pair.parent.id, now: bench.wall.now))
        let after = try #require(try await bench.monitors.monitor(pair.child.id))
        #expect(before.alerting.dependsOn == [pair.parent.id] && after.alerting.dependsOn == [])
        #expect(
            after.revision > before.revision && after.updatedAt == bench.wall.now,
            "whoever follows changes sees it"
        )
        try await bench.stop()
    }

    @Test func deletingAParentWithinMaintenanceReleasesItsChildren() async throws {
        let pair = try await Pair()
        let bench = pair.bench
        try await pair.maintain()
        try await bench.tell(pair.parent, "x")
        try await bench.tell(pair.child, "x")
        try await pair.pass(60)
        #expect(bench.receiver.log.isEmpty)
        #expect(try await bench.monitors.delete(pair.parent.id, now: bench.wall.now))
        try await pair.pass(1)
        await eventually { !bench.receiver.log.isEmpty }
        #expect(bench.receiver.log == ["ops firing shop"])
        try await bench.stop()
    }
}
