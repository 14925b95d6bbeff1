package import Checks
package import Runtime

/// The checks of one prober, each over a stream of its own, and what they share.
///
/// Not Sendable: lives on its loop.
package final class StreamEngine<Check: StreamCheck>: StreamCheckHome {
    package let context: StreamContext
    private var pool = ProbePool<Check>()

    /// Call on the loop.
    package init(loop: EventLoop, configuration: ProbeConfiguration) {
        context = StreamContext(loop: loop, configuration: configuration)
    }

    package var runningCount: Int { pool.runningCount }

    /// A check to begin, with a token of its own.
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

    /// Ends one check, which completes with `internal_error` before this returns; a completed one is left alone.
    package func cancel(_ token: ProbeToken) { pool.probe(of: token)?.cancel() }

    /// Ends every check; each completes with `internal_error` before this returns.
    package func cancelAll() {
        for check in pool.running { check.cancel() }
    }

    /// Ends everything without completions; call on the loop.
    package func shutdown() {
        for check in pool.running { check.abandon() }
        pool = ProbePool()
        context.close()
    }
}
