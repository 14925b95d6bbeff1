import Base
package import Checks
package import Runtime

/// Runs HTTP checks on one event loop.
///
/// Not Sendable: create and use it on its loop. A check needs no thread and blocks nothing.
package final class HTTPProber: Prober {
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

    @discardableResult
    package func probe(
        _ spec: CheckSpec,
        monitor: MonitorID?,
        completion: @escaping (Outcome) -> Void
    ) -> ProbeToken {
        start(spec.settings(of: HTTPKind.self) ?? HTTPKind.blank, monitor: monitor, completion: completion)
    }

    /// Starts a check; `completion` is called exactly once, on the loop, never during this call.
    ///
    /// `monitor` identifies the connection to keep when the settings say `reuseConnection`: a kept connection serves
    /// only the same settings of the same monitor.
    @discardableResult
    package func start(
        _ settings: HTTPSettings,
        monitor: MonitorID? = nil,
        completion: @escaping (Outcome) -> Void
    ) -> ProbeToken {
        engine.start(settings, monitor: monitor, completion: completion)
    }

    package func cancel(_ token: ProbeToken) { engine.cancel(token.number) }

    package func cancelAll() { engine.cancelAll() }
}
