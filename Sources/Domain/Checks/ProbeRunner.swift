import Base
package import Runtime

/// Runs single checks of any kind for async callers: probers behind an actor on their loop.
package actor ProbeRunner {
    private let loop: EventLoop
    private let configuration: ProbeConfiguration
    private var probers: [String: any Prober] = [:]
    private let slots = Locked(Slots())
    package nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    /// The running checks, and those that were cancelled before they began.
    private struct Slots {
        var next: UInt64 = 0
        var tokens: [UInt64: (kind: String, token: ProbeToken)] = [:]
        var cancelled: Set<UInt64> = []
    }

    package init(loop: EventLoop, configuration: ProbeConfiguration = ProbeConfiguration()) {
        (self.loop, self.configuration) = (loop, configuration)
    }

    /// Runs one check; cancelling the task ends it with `internal_error`.
    package func run(_ spec: CheckSpec, monitor: MonitorID? = nil) async -> Outcome {
        let slot = slots.withLock { slots in
            slots.next += 1
            return slots.next
        }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                start(spec, monitor, slot) { continuation.resume(returning: $0) }
            }
        } onCancel: {
            slots.withLock { _ = $0.cancelled.insert(slot) }
            Task { await self.cancel(slot) }
        }
    }

    /// The number of running checks.
    package var runningCount: Int { probers.values.reduce(0) { $0 + $1.runningCount } }

    /// Cancels every check, with `internal_error`.
    package func cancelAll() {
        for prober in probers.values { prober.cancelAll() }
    }

    private func start(
        _ spec: CheckSpec,
        _ monitor: MonitorID?,
        _ slot: UInt64,
        _ completion: @escaping (Outcome) -> Void
    ) {
        let kind = spec.kind
        guard let prober = probers[kind.name] ?? kind.makeProber(on: loop, configuration) else {
            let message = "a \(kind.name) check cannot be run: it waits for pings"
            return completion(Outcome(failure: .init(.internalError, in: .internal, message), latency: .zero))
        }
        probers[kind.name] = prober
        let token = prober.probe(spec, monitor: monitor) { [self] outcome in
            slots.withLock { slots in
                slots.tokens[slot] = nil
                slots.cancelled.remove(slot)
            }
            completion(outcome)
        }
        let isCancelled = slots.withLock { slots in
            slots.tokens[slot] = (kind.name, token)
            return slots.cancelled.contains(slot)
        }
        if isCancelled { prober.cancel(token) }
    }

    private func cancel(_ slot: UInt64) {
        let running = slots.withLock { slots in
            slots.cancelled.remove(slot)
            return slots.tokens[slot]
        }
        if let running { probers[running.kind]?.cancel(running.token) }
    }
}
