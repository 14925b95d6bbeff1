import Base
import Broker
import Domain
import HTTPCheck
import Messages
import Runtime
import Storage
import TestSupport
import Testing

@testable import Alerting

/// Two alerters that each own a part of the monitors decide together whether this end's network is away.
@Suite(.timeLimit(.minutes(10))) struct SharedConnectivityTests {
    private final class Wall: Sendable {
        private let time = Locked(Timestamp.now)
        var now: Timestamp { time.withLock { $0 } }
        func pass(_ duration: Duration) { time.withLock { $0 = $0 + duration } }
    }

    @Test func hostsOfBothAlertersCount() async throws {
        let bench = try await RoleBench(monitors: 40, seed: 1)
        let wall = Wall()
        let alerters = (0..<2).map { _ in bench.makeAlerter(bench.broker, bench.database) { wall.now } }
        let shutdown = GracefulShutdown()
        let running = alerters.map { alerter in Task { try await alerter.run(until: shutdown) } }
        func owned(_ index: Int) async -> [Monitor] {
            var found: [Monitor] = []
            for monitor in bench.monitors where await alerters[index].entry(monitor.id) != nil { found.append(monitor) }
            return found
        }
        await eventually {
            let counts = (await owned(0).count, await owned(1).count)
            return counts.0 + counts.1 == 40 && min(counts.0, counts.1) >= 4
        }
        // Four hosts are too few to say anything; eight are not.
        let monitors = await owned(0).prefix(4) + owned(1).prefix(4)
        func round(_ reason: Reason?) async throws {
            wall.pass(.seconds(3))
            let results = monitors.map { monitor in
                var outcome = Outcome(latency: .milliseconds(5))
                if let reason { outcome.failure = .init(reason, in: .connect, "no way") }
                return CheckResult(
                    monitorID: monitor.id,
                    region: .local,
                    scheduledAt: wall.now,
                    checkedAt: wall.now,
                    outcome: outcome,
                    url: monitor.spec.target
                )
            }
            try await bench.broker.publish(results, to: Topics.results)
            for (index, monitor) in monitors.enumerated() {
                await eventually { await alerters[index / 4].entry(monitor.id)?.scheduledAt == wall.now }
            }
            for alerter in alerters { await alerter.settle() }
        }
        let incidents = IncidentRepository(database: bench.database)
        try await round(nil)
        // The first failure is not confirmed yet.
        try await round(.connectTimeout)
        try await eventually { try await incidents.list(limit: 100).map(\.kind) == [.connectivity] }
        try await round(.connectTimeout)
        try await round(.connectTimeout)
        #expect(try await incidents.list(limit: 100).map(\.kind) == [.connectivity])
        try await round(nil)
        try await eventually { try await incidents.list(limit: 100).map(\.state) == [.resolved] }
        shutdown.trigger()
        for task in running { try await task.value }
        await bench.stop()
    }
}
