import Base
import Broker
import Domain
import Messages
import Runtime
import SQL
import Storage
import TestSupport
import Testing
import Results

@testable import Alerting

/// Two processes of each role in one group; one of them is killed at some step and replaced.
@Suite(.timeLimit(.minutes(30))) struct KilledRoleTests {
    /// With `SENTINEL_ROLE_RESULTS=200000`, as many results as are measured for a release.
    private static let results = ProcessEnvironment.read()["SENTINEL_ROLE_RESULTS"].flatMap { Int($0) } ?? 12_000

    @Test(
        "no result is lost or doubled, and states and incidents are those of a replay, whichever process is killed",
        arguments: [UInt64(1), 2]
    )
    func killedProcesses(_ seed: UInt64) async throws {
        var random = SeededGenerator(seed: seed)
        let monitors = min(500, Self.results / 40)
        let rounds = Self.results / monitors
        let bench = try await RoleBench(monitors: monitors, seed: seed)
        let channels = ChannelRepository(
            database: bench.database,
            seal: SettingsSeal(seal: { text, _ in text }) { text, _ in text }
        )
        _ = try await channels.insert(
            Channel(
                id: ChannelID(rawValue: 0),
                name: "ops",
                kind: "webhook",
                settings: ["url": "http://ops.test/"],
                createdAt: .now
            )
        )
        var workers = [try bench.worker(), try bench.worker()]
        var processors = [bench.processor(), bench.processor()]
        var alerters = [bench.alerter(), bench.alerter()]
        let start = Timestamp.now - .seconds(86_400)
        var kills = 0
        for round in 0..<rounds {
            // A process is killed at some step of a round, and a new one replaces it.
            let victim: RoleBench.Process? =
                switch round % 6 {
                case 2: workers.removeFirst()
                case 3: processors.removeFirst()
                case 4: alerters.removeFirst()
                default: nil
                }
            let steps = Int.random(in: 1...40, using: &random)
            async let killing: Void? = victim?.kill(after: steps)
            try await bench.run(round, from: start)
            if let victim {
                // A process that did not take all of its steps dies at the next one.
                if !victim.life.isDead { victim.life.set(steps: 0) }
                kills += 1
            }
            await killing
            switch round % 6 {
            case 2: workers.append(try bench.worker())
            case 3: processors.append(bench.processor())
            case 4: alerters.append(bench.alerter())
            default: break
            }
        }
        await bench.stop()
        #expect(kills >= rounds / 2 - 2)
        try await expectEverything(of: bench, rounds: rounds)
    }

    private func expectEverything(of bench: RoleBench, rounds: Int) async throws {
        let results = ResultBackend(of: bench.database).make(on: bench.database)
        let statuses = StatusRepository(database: bench.database)
        let incidents = try await IncidentRepository(database: bench.database).list(limit: 100_000)
        let byMonitor = Dictionary(grouping: incidents) { $0.monitorID }
        var (outages, missing) = (0, 0)
        for monitor in bench.monitors {
            let history = try await results.history(monitor.id, limit: rounds * 2)
            missing += rounds - history.count
            #expect(history.count == rounds)
            #expect(Set(history.map(\.scheduledAt)).count == history.count, "no result is stored twice")
            for (index, result) in history.reversed().enumerated() where index < rounds {
                let expected = bench.script.isUp(monitor.id, index)
                #expect(result.outcome.isSuccess == expected)
            }
            let forecast = try await bench.replay(monitor, on: results)
            let mine = byMonitor[monitor.id] ?? []
            #expect(mine.count == forecast.count, "monitor \(monitor.id)")
            let isDown = forecast.outages.last.map { $0.endedAt == nil } ?? false
            #expect((try await statuses.status(monitor.id)?.state == .down) == isDown)
            #expect(mine.filter { $0.state == .resolved }.count == forecast.outages.filter { $0.endedAt != nil }.count)
            outages += forecast.count
        }
        #expect(missing == 0)
        #expect(outages > bench.monitors.count, "the script has outages")
        let doubled = try await bench.database.query(
            """
            SELECT incident_id, kind, COUNT(*) FROM incident_events WHERE kind IN ('opened', 'resolved')
            GROUP BY incident_id, kind HAVING COUNT(*) > 1
            """
        )
        #expect(doubled.isEmpty, "an incident begins and ends once")
    }

    @Test func suspendedAlerterWritesNothingAfterATakeover() async throws {
        let bench = try await RoleBench(monitors: 1, seed: 3)
        let gate = GatedDatabase(bench.database)
        let stopped = bench.makeAlerter(bench.broker, gate)
        let shutdown = GracefulShutdown()
        let running = Task { try await stopped.run(until: shutdown) }
        let monitor = bench.monitors[0]
        await eventually { await stopped.entry(monitor.id) != nil }

        // It has received a result when it is suspended.
        gate.hold()
        try await bench.broker.publish(failures(of: monitor), to: Topics.results)
        await eventually { gate.isWaiting }
        // Meanwhile another process takes its lease, and finds the monitor up.
        let leases = LeaseRepository(database: bench.database)
        let names = try await bench.database.query("SELECT name FROM leases").map { row throws(SQLError) in
            try row.text(0)
        }
        #expect(names.count == Partition.count)
        _ = try await leases.claim(names, holder: "another")
        gate.open()
        await eventually { gate.refusals > 0 }
        #expect(try await IncidentRepository(database: bench.database).list(limit: 10).isEmpty)
        // The broker assigns the partition to it again: it claims the lease anew, and gets the unwritten results again.
        try await eventually { try await IncidentRepository(database: bench.database).list(limit: 10).count == 1 }
        shutdown.trigger()
        try await running.value
    }

    private func failures(of monitor: Monitor) -> [CheckResult] {
        (1...2).map { number in
            var outcome = Outcome(latency: .milliseconds(3))
            outcome.failure = Outcome.Failure(.connectRefused, in: .connect, "refused")
            let due = Timestamp.now - .seconds(Int64(100 - number))
            return CheckResult(
                monitorID: monitor.id,
                region: .local,
                scheduledAt: due,
                checkedAt: due,
                outcome: outcome,
                url: monitor.spec.target
            )
        }
    }
}
