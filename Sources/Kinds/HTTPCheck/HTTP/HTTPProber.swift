import Base
package import Domain
package import Runtime

/// Makes HTTP checks on one event loop.
///
/// Not Sendable: create and use it on its loop. A check costs no thread and waits for nobody.
package final class HTTPProber {
    private let engine: ProbeEngine

    /// How many checks are running.
    package var runningCount: Int { engine.running.count }

    /// Call on the loop.
    package init(loop: EventLoop, configuration: ProbeConfiguration = ProbeConfiguration()) {
        engine = ProbeEngine(loop: loop, configuration: configuration)
    }

    deinit {
        // Invariant: the engine is confined to its loop, and this was the last reference from outside.
        nonisolated(unsafe) let engine = engine
        engine.loop.execute { engine.shutdown() }
    }

    /// Names one started check; useless once it completed.
    package struct CheckToken: Hashable, Sendable {
        let number: UInt64
    }

    /// Starts a check; `completion` is called exactly once, on the loop, never from inside `start`.
    ///
    /// `monitor` names whose connection may be kept when the spec says `reuseConnection`: a kept connection serves
    /// only the same spec of the same monitor.
    @discardableResult
    package func start(
        _ spec: HTTPSpec,
        monitor: MonitorID? = nil,
        completion: @escaping (Outcome) -> Void
    ) -> CheckToken {
        engine.start(spec, monitor: monitor, completion: completion)
    }

    /// Ends one check, which completes with `internal_error` before this returns; a completed one is left alone.
    package func cancel(_ token: CheckToken) { engine.cancel(token.number) }

    /// Ends every check; each completes with `internal_error` before this returns.
    package func cancelAll() { engine.cancelAll() }
}
