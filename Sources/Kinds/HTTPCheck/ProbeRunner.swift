import Base
package import Domain
package import Runtime

/// Single checks for async callers: a prober behind an actor that is pinned to the prober's loop.
package actor ProbeRunner {
    private let loop: EventLoop
    private let configuration: ProbeConfiguration
    private var prober: HTTPProber?
    private let slots = Locked(Slots())
    package nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    /// Which checks run, and which were cancelled before they began.
    private struct Slots {
        var next: UInt64 = 0
        var tokens: [UInt64: HTTPProber.CheckToken] = [:]
        var cancelled: Set<UInt64> = []
    }

    package init(loop: EventLoop, configuration: ProbeConfiguration = ProbeConfiguration()) {
        (self.loop, self.configuration) = (loop, configuration)
    }

    /// Makes one check; cancelling the task ends it, with `internal_error`.
    package func run(_ spec: HTTPSpec, monitor: MonitorID? = nil) async -> Outcome {
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

    /// How many checks are running.
    package var runningCount: Int { prober?.runningCount ?? 0 }

    /// Ends every check, with `internal_error`.
    package func cancelAll() { prober?.cancelAll() }

    private func start(
        _ spec: HTTPSpec,
        _ monitor: MonitorID?,
        _ slot: UInt64,
        _ completion: @escaping (Outcome) -> Void
    ) {
        let prober = self.prober ?? HTTPProber(loop: loop, configuration: configuration)
        self.prober = prober
        let token = prober.start(spec, monitor: monitor) { [self] outcome in
            slots.withLock { slots in
                slots.tokens[slot] = nil
                slots.cancelled.remove(slot)
            }
            completion(outcome)
        }
        let isCancelled = slots.withLock { slots in
            slots.tokens[slot] = token
            return slots.cancelled.contains(slot)
        }
        if isCancelled { prober.cancel(token) }
    }

    private func cancel(_ slot: UInt64) {
        let token = slots.withLock { slots in
            slots.cancelled.remove(slot)
            return slots.tokens[slot]
        }
        if let token { prober?.cancel(token) }
    }
}
