import Base
import Glibc
import TestSupport
import Testing

/// Processes that are suspended for longer than others wait for them, and then go on.
@Suite(.timeLimit(.minutes(10))) struct PauseClusterTests {
    @Test func suspendedProcessesLoseAndDoubleNothing() async throws {
        let cluster = try await FaultCluster(
            ["api"] + ["scheduler", "worker", "processor", "alerter"].flatMap { [$0, $0] }
        )
        try await cluster.monitor(count: 20)
        // One of each, those that lead and that send among them.
        let suspended = [
            try cluster.holder(of: "scheduler", "scheduler"), cluster.members("worker")[0],
            cluster.members("processor")[0], try cluster.holder(of: "notifier", "alerter"),
        ]
        for member in suspended { member.process.send(signal: SIGSTOP) }
        cluster.brokenTargets = 20
        // Without them: others lead, check, store, judge and send.
        await eventually { cluster.hook.events.count == 20 }
        for member in suspended { member.process.send(signal: SIGCONT) }
        cluster.brokenTargets = 0
        await eventually { cluster.hook.events.values.allSatisfy { $0.count == 2 } }
        await cluster.recovers()
        await cluster.tellsAnOutage(of: 20)
        try await cluster.keepsEverySlot()
        await cluster.stop()
    }
}
