package import Domain
package import Runtime

/// Single checks for async callers: a prober behind an actor that is pinned to the prober's loop.
package actor ProbeRunner {
    private let loop: EventLoop
    private let configuration: ProbeConfiguration
    private var prober: HTTPProber?
    package nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    package init(loop: EventLoop, configuration: ProbeConfiguration = ProbeConfiguration()) {
        (self.loop, self.configuration) = (loop, configuration)
    }

    /// Makes one check; cancelling the task ends it, with `internal_error`.
    package func run(_ spec: HTTPSpec) async -> ProbeOutcome {
        let prober = self.prober ?? HTTPProber(loop: loop, configuration: configuration)
        self.prober = prober
        return await withCheckedContinuation { continuation in
            prober.start(spec) { continuation.resume(returning: $0) }
        }
    }
}
