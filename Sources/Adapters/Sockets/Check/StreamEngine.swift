package import Checks
package import Runtime

/// The checks of one prober, each over its own stream, and the state that they share.
///
/// Not Sendable: confined to its loop.
package final class StreamEngine<Check: StreamCheck>: StreamCheckHome {
    package let context: StreamContext
    private var pool = ProbePool<Check>()

    /// Call on the loop.
    package init(loop: EventLoop, configuration: ProbeConfiguration) {
        context = StreamContext(loop: loop, configuration: configuration)
    }

    package var runningCount: Int { pool.runningCount }

    /// A check from the pool, with a new token.
    package func acquire() -> Check {
        context.loop.preconditionInLoop()
        return pool.acquire {
            let core = StreamCheckCore(context, home: self)
            let check = Check(core)
            core.connection.owner = check
            return check
        }
    }

    func release(_ token: ProbeToken) {
        if let check = pool.probe(of: token) { pool.release(check) }
    }

    /// Cancels one check, which completes with `internal_error` before this returns; does nothing to a completed one.
    package func cancel(_ token: ProbeToken) { pool.probe(of: token)?.cancel() }

    /// Cancels every check; each completes with `internal_error` before this returns.
    package func cancelAll() {
        for check in pool.running { check.cancel() }
    }

    /// Shuts everything down without completions; call on the loop.
    package func shutdown() {
        for check in pool.running { check.abandon() }
        pool = ProbePool()
        context.close()
    }
}
