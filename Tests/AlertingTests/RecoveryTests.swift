import Messages
import Base
import Broker
import Domain
import Pipeline
import Storage
import TestSupport
import Testing

@testable import Alerting

/// Sequences of states in which other systems lose a recovery, invent one, or raise a false alarm.
///
/// Each runs in one process, in one that restarts after every step, and in one that is killed after every step.
@Suite(.timeLimit(.minutes(10))) struct RecoveryTests {
    enum Step: Sendable {
        /// Successful and failed checks from a region.
        case checks(String, from: UInt16 = 0)
        case maintenance, maintenanceEnds, pause, resume
    }

    enum Ending: Sendable, CaseIterable { case none, restart, kill }

    struct Way: Sendable, CustomTestStringConvertible {
        let testDescription: String
        var retries = 0
        var recoveries = 1
        var quorum = VerdictRule.Quorum.majority
        let steps: [Step]
        let log: [String]
    }

    private static let firingAndResolved = ["ops firing shop", "ops resolved shop"]

    static let ways = [
        Way(
            testDescription: "UP DOWN PENDING UP: a third region that begins with a failure makes it pending again",
            retries: 1,
            quorum: .all,
            steps: [
                .checks("."), .checks(".", from: 1), .checks("xx"), .checks("xx", from: 1), .checks("x", from: 2),
                .checks("."), .checks(".", from: 1), .checks(".", from: 2),
            ],
            log: firingAndResolved
        ),
        Way(
            testDescription: "UP DOWN PENDING UP: a recovery that is being confirmed, fails once, and is confirmed",
            recoveries: 2,
            steps: [.checks("."), .checks("x"), .checks("."), .checks("x"), .checks("."), .checks(".")],
            log: firingAndResolved
        ),
        Way(
            testDescription: "UP DOWN MAINTENANCE UP: up at the end of maintenance",
            steps: [.checks("."), .checks("x"), .maintenance, .checks("."), .maintenanceEnds, .checks(".")],
            log: firingAndResolved
        ),
        Way(
            testDescription: "UP DOWN MAINTENANCE DOWN UP: up after maintenance",
            steps: [
                .checks("."), .checks("x"), .maintenance, .checks("x"), .maintenanceEnds, .checks("."), .checks("."),
            ],
            log: firingAndResolved
        ),
        Way(
            testDescription: "UP DOWN MAINTENANCE: no check in between",
            steps: [.checks(".x"), .maintenance, .maintenanceEnds, .checks("."), .checks(".")],
            log: firingAndResolved
        ),
        Way(
            testDescription: "UP DOWN PAUSED UP: a pause ends what nobody watches any more",
            steps: [.checks("."), .checks("x"), .pause, .resume, .checks("."), .checks(".")],
            log: firingAndResolved
        ),
        Way(
            testDescription: "UP PENDING MAINTENANCE DOWN UP: confirmed in maintenance, notified at its end",
            retries: 1,
            steps: [
                .checks("."), .checks("x"), .maintenance, .checks("x"), .maintenanceEnds, .checks("x"), .checks("."),
            ],
            log: firingAndResolved
        ),
        Way(testDescription: "no false recovery after a first success", steps: [.checks("."), .checks(".")], log: []),
        Way(
            testDescription: "no false recovery after a first success that follows a failure",
            retries: 1,
            steps: [.checks("x"), .checks("."), .checks(".")],
            log: []
        ),
        Way(
            testDescription: "no false recovery after maintenance without an outage, nor after a pause",
            steps: [.maintenance, .checks("."), .maintenanceEnds, .checks("."), .pause, .resume, .checks(".")],
            log: []
        ),
        Way(
            testDescription: "no false alarm on first start: the first failure is not believed at once",
            retries: 1,
            steps: [.checks("x"), .checks("."), .checks("x"), .checks(".")],
            log: []
        ),
        Way(
            testDescription: "no false alarm on first start: a known outage is notified once",
            steps: [.checks("x"), .checks("x"), .checks("x"), .checks("."), .checks(".")],
            log: firingAndResolved
        ),
    ]

    @Test(arguments: ways, Ending.allCases) func everyRecoveryIsSentExactlyOnce(_ way: Way, _ ending: Ending)
        async throws
    {
        let wall = AlertingBench.Wall()
        let log = Locked<[String]>([])
        var life = Lifeline()
        let deliver: AlertingBench.Delivery = { message, channel, _ in
            let lines = message.items.map { "\(channel.name) \($0.event.rawValue) \($0.subject)" }
            log.withLock { $0 += lines }
            return .delivered(reference: nil)
        }
        var bench = try await AlertingBench(life: life, wall: wall, deliver: deliver)
        try await bench.addChannel("ops")
        let monitor = try await bench.add("shop") { alerting in
            (alerting.rule.retries, alerting.rule.recoveries) = (way.retries, way.recoveries)
            alerting.rule.quorum = way.quorum
        }
        for step in way.steps {
            try await take(step, bench, monitor)
            try await bench.drain()
            if ending == .none { continue }
            if ending == .kill { life.set(steps: 0) }
            try await bench.stop()
            life = Lifeline()
            bench = try await AlertingBench(bench.database, life: life, wall: wall, deliver: deliver)
        }
        await eventually { log.withLock { $0.count } >= way.log.count }
        for _ in 0..<5 {
            bench.advance(by: .seconds(60))
            try await bench.drain()
        }
        #expect(log.withLock { $0 } == way.log)
        #expect(try await bench.incidentList().allSatisfy { $0.state == .resolved })
        try await bench.stop()
    }

    private func take(_ step: Step, _ bench: AlertingBench, _ monitor: Monitor) async throws {
        let statuses = StatusRepository(database: bench.database)
        func wait(_ isReached: (MonitorState) -> Bool) async {
            let isThere = await eventually {
                guard let status = try? await statuses.status(monitor.id) else { return false }
                return isReached(status.state)
            }
            #expect(isThere)
        }
        switch step {
        case .checks(let letters, let region):
            for letter in letters {
                bench.advance(by: .seconds(1))
                var result = bench.result(monitor, up: letter == ".")
                result.region = RegionID(rawValue: region)
                try await bench.broker.publish([result], to: Topics.results)
                await bench.judged(result)
                await bench.alerter.settle()
            }
        case .maintenance:
            let (start, end) = (bench.wall.now, bench.wall.now + .seconds(86_400))
            let draft = MaintenancePlan(name: "work", schedule: .once(start: start, end: end), createdAt: start)
            let plan = try await bench.maintenance.insert(draft)
            await bench.broker.broadcast(MaintenanceChanged(id: plan.id), on: Topics.maintenanceChanges)
            await wait { $0 == .maintenance }
        case .maintenanceEnds:
            for plan in try await bench.maintenance.list() {
                _ = try await bench.maintenance.delete(plan.id)
                await bench.broker.broadcast(MaintenanceChanged(id: plan.id), on: Topics.maintenanceChanges)
            }
            await wait { $0 != .maintenance }
        case .pause, .resume:
            let isActive = if case .resume = step { true } else { false }
            let changed = try await bench.monitors.update(monitor.id, now: bench.wall.now) { $0.isActive = isActive }
            await bench.broker.broadcast(.changed(changed), on: Topics.monitorEvents)
            await wait { ($0 == .paused) != isActive }
        }
    }

    /// A start behind a dead router: one alarm about this side, none about the others.
    @Test(arguments: [0, 1]) func restartWithoutNetworkAlertsOnlyAboutTheNetwork(_ retries: Int) async throws {
        var bench = try await AlertingBench()
        try await bench.addChannel("ops")
        var monitors: [Monitor] = []
        for number in 1...20 { monitors.append(try await bench.add("m\(number)") { $0.rule.retries = retries }) }
        for isUp in [true, false, false, true, true] {
            bench.advance(by: .seconds(5))
            let results = monitors.map { monitor in
                bench.result(monitor, up: true) { outcome in
                    if !isUp { outcome.failure = .init(.dnsTimeout, in: .dns, "no answer") }
                }
            }
            try await bench.broker.publish(results, to: Topics.results)
            for result in results { await bench.judged(result) }
            await bench.alerter.settle()
            try await bench.drain()
            #expect(bench.receiver.log.allSatisfy { $0.hasSuffix("Own connectivity") })
            try await bench.stop()
            bench = try await AlertingBench(bench.database, wall: bench.wall)
        }
        let incidents = try await bench.incidentList()
        #expect(incidents.map(\.kind) == [.connectivity] && incidents[0].state == .resolved)
        try await bench.stop()
    }
}
