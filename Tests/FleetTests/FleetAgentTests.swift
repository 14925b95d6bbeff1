import Base
import Fleet
import Runtime
import TestSupport
import Testing

/// A process in the fleet.
@Suite struct FleetAgentTests {
    private let store = MemoryFleetStore { MonotonicTime(nanoseconds: 0) }
    private let clock = ManualClock()
    private let processed = Number()

    private final class Number: Sendable {
        private let number = Locked(0)
        var value: Int { number.withLock { $0 } }
        func set(_ value: Int) { number.withLock { $0 = value } }
    }

    private func agent(
        _ store: any FleetStore,
        perform: @escaping @Sendable (FleetCommand) async -> String? = { _ in nil }
    ) -> FleetAgent<ManualClock> {
        FleetAgent(
            "worker",
            store: store,
            logger: Logger(label: "test", handler: SilentLogHandler()),
            clock: clock,
            report: { [processed] in
                let time = Timestamp(milliseconds: 0)
                var process = FleetProcess(
                    id: "worker-a",
                    role: "worker",
                    host: "h",
                    pid: 1,
                    version: "1",
                    region: "r",
                    startedAt: time
                )
                process.work = FleetProcess.Work(processed: processed.value, failed: 0)
                return process
            },
            perform: perform
        )
    }

    @Test func processIsThereUntilItEnds() async throws {
        let shutdown = GracefulShutdown()
        let running = Task { try await agent(store).run(until: shutdown) }
        try await eventually { try store.members().count == 1 }
        processed.set(40)
        try await eventually {
            clock.advance(by: FleetLimits.beat)
            return try store.members().first?.process.work?.lastMinute == 40
        }
        shutdown.trigger()
        try await running.value
        #expect(try store.members().isEmpty)
    }

    @Test func commandIsCarriedOutOnceAndItsOutcomeIsSaid() async throws {
        let done = Locked<[FleetCommand.Action]>([])
        let agent = agent(store) { command in
            done.withLock { $0.append(command.action) }
            return command.action == .drain ? "not now" : nil
        }
        let shutdown = GracefulShutdown()
        let running = Task { try await agent.run(until: shutdown) }
        try await eventually { try store.members().count == 1 }
        let commands = [FleetCommand(.pause, at: .now), FleetCommand(.drain, at: .now)]
        for command in commands { #expect(try store.send(command, to: "worker-a")) }
        try await eventually {
            clock.advance(by: FleetLimits.beat)
            return try store.members().first?.process.lastCommand?.id == commands[1].id
        }
        try await eventually { try store.members().first?.pending == [] }
        let last = try store.members().first?.process.lastCommand
        #expect(last?.state == .refused && last?.detail == "not now")
        for _ in 0..<3 { clock.advance(by: FleetLimits.beat) }
        #expect(done.withLock { $0 } == [.pause, .drain])
        shutdown.trigger()
        try await running.value
    }

    /// A store that fails when it should note what was taken.
    private final class ForgetfulStore: FleetStore {
        let inner = MemoryFleetStore { MonotonicTime(nanoseconds: 0) }
        let failures = Locked(3)

        func announce(_ process: FleetProcess, taken: [String]) throws(FleetError) -> [FleetCommand] {
            if !taken.isEmpty,
                failures.withLock({
                    $0 -= 1; return $0 >= 0
                })
            {
                throw .unavailable("away")
            }
            return try inner.announce(process, taken: taken)
        }
        func leave(_ id: String) { inner.leave(id) }
        func members() throws(FleetError) -> [FleetMember] { try inner.members() }
        func send(_ command: FleetCommand, to id: String) throws(FleetError) -> Bool {
            try inner.send(command, to: id)
        }
    }

    @Test func commandIsCarriedOutOnceThoughTheStoreFails() async throws {
        let store = ForgetfulStore()
        let count = Locked(0)
        let agent = agent(store) { _ in
            count.withLock { $0 += 1 }
            return nil
        }
        let shutdown = GracefulShutdown()
        let running = Task { try await agent.run(until: shutdown) }
        try await eventually { try store.members().count == 1 }
        #expect(try store.send(FleetCommand(.pause, at: .now), to: "worker-a"))
        try await eventually {
            clock.advance(by: FleetLimits.beat)
            return try store.members().first?.process.lastCommand != nil && store.members().first?.pending == []
        }
        #expect(count.withLock { $0 } == 1)
        shutdown.trigger()
        try await running.value
    }
}
