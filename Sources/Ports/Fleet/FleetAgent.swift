package import Base
package import Runtime

/// Says every two seconds that a process lives, and has it carry out the commands for it.
package struct FleetAgent<C: Clock>: Service where C.Duration == Duration {
    package let name: String
    private let store: any FleetStore
    private let logger: Logger
    private let clock: C
    private let report: @Sendable () async -> FleetProcess
    private let perform: @Sendable (FleetCommand) async -> String?

    /// `report` says what the process does now; `perform` begins to carry out a command, or returns why it does not.
    package init(
        _ name: String,
        store: any FleetStore,
        logger: Logger,
        clock: C = ContinuousClock(),
        report: @escaping @Sendable () async -> FleetProcess,
        perform: @escaping @Sendable (FleetCommand) async -> String?
    ) {
        (self.name, self.store, self.logger, self.clock) = ("fleet entry of the \(name)", store, logger, clock)
        (self.report, self.perform) = (report, perform)
    }

    package func run(until shutdown: GracefulShutdown, ready: Readiness) async throws {
        ready.report()
        let beating = Task { await beat() }
        await shutdown.wait()
        beating.cancel()
        await store.leave(await beating.value)
    }

    /// Shows signs of life until the task is cancelled; returns the id that was shown.
    private func beat() async -> String {
        var rates = MinuteRate()
        var last: FleetCommand?
        // Carried out or refused, and not said yet.
        var taken: [String] = []
        var hasFailed = false
        var id = ""
        while !Task.isCancelled {
            var process = await report()
            id = process.id
            if let work = process.work { process.work?.lastMinute = rates.note(work.processed, at: .now) }
            process.lastCommand = last
            var commands: [FleetCommand] = []
            do throws(FleetError) {
                commands = try await store.announce(process, taken: taken)
                (taken, hasFailed) = ([], false)
            } catch {
                if !hasFailed { logger.warning("the process is not seen in the fleet", ["error": "\(error)"]) }
                hasFailed = true
            }
            for command in commands.prefix(FleetLimits.commands) {
                last = await carryOut(command)
                taken.append(command.id)
            }
            // What became of commands is said at once. Cancellation ends the wait early, and the loop with it.
            if taken.isEmpty || hasFailed { try? await clock.sleep(for: FleetLimits.beat) }
        }
        return id
    }

    private func carryOut(_ command: FleetCommand) async -> FleetCommand {
        var command = command
        command.detail = await perform(command)
        command.state = command.detail == nil ? .done : .refused
        logger.notice(
            "a command of the fleet",
            ["command": command.action.rawValue, "state": command.state.rawValue, "detail": command.detail ?? ""]
        )
        return command
    }
}

/// How much a growing number has grown in the last minute.
struct MinuteRate {
    private var samples = RingBuffer<(value: Int, at: MonotonicTime)>()
    private(set) var value = 0

    /// Notes the number; returns its growth in the last minute, or since the first note.
    mutating func note(_ number: Int, at time: MonotonicTime) -> Int {
        samples.append((number, time))
        // The last one that is a minute old stays: the growth is counted from it.
        while samples.count > 1, time - samples[1].at >= .seconds(60) { _ = samples.popFirst() }
        value = max(0, number - (samples.first?.value ?? number))
        return value
    }
}
