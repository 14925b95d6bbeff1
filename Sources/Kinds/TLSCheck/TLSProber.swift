import Base
package import Checks
package import Runtime
import Sockets

/// Runs TLS checks on one event loop; create and use it on its loop.
package final class TLSProber: Prober {
    private let engine: StreamEngine<TLSCheckRun>

    package init(loop: EventLoop, configuration: ProbeConfiguration) {
        engine = StreamEngine(loop: loop, configuration: configuration)
    }

    deinit {
        // Invariant: the engine is confined to its loop, and this was the last reference from outside.
        nonisolated(unsafe) let engine = engine
        engine.context.loop.execute { engine.shutdown() }
    }

    package var runningCount: Int { engine.runningCount }

    @discardableResult
    package func probe(
        _ spec: CheckSpec,
        monitor: MonitorID?,
        completion: @escaping (Outcome) -> Void
    ) -> ProbeToken {
        let check = engine.acquire()
        check.start(spec.settings(of: TLSKind.self), completion: completion)
        return check.token
    }

    package func cancel(_ token: ProbeToken) { engine.cancel(token) }
    package func cancelAll() { engine.cancelAll() }
}
