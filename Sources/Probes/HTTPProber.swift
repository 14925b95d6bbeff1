import Base
package import Domain
package import Runtime

/// Makes HTTP checks on one event loop.
///
/// Not Sendable: create and use it on its loop. A check costs no thread and waits for nobody.
package final class HTTPProber {
    private let loop: EventLoop
    private let configuration: ProbeConfiguration

    /// How many checks are running.
    package private(set) var runningCount = 0

    /// Call on the loop.
    package init(loop: EventLoop, configuration: ProbeConfiguration = ProbeConfiguration()) {
        loop.preconditionInLoop()
        (self.loop, self.configuration) = (loop, configuration)
    }

    /// Names one started check; useless once it completed.
    package struct CheckToken: Hashable {
        fileprivate let number: UInt64
    }

    /// Starts a check; `completion` is called exactly once, on the loop, never from inside `start`.
    ///
    /// `monitor` names whose connection may be kept when the spec says `reuseConnection`: a kept connection serves
    /// only the same spec of the same monitor.
    @discardableResult
    package func start(
        _ spec: HTTPSpec,
        monitor: MonitorID? = nil,
        completion: @escaping (ProbeOutcome) -> Void
    ) -> CheckToken {
        CheckToken(number: 0)
    }

    /// Ends one check, which completes with `internal_error`; one that completed is left alone.
    package func cancel(_ token: CheckToken) {}

    /// Ends every check; each completes with `internal_error` before this returns.
    package func cancelAll() {}
}
