import Base

/// Workers for the callers of one kind of call, one caller each; others wait in the order of arrival.
final class ConnectionPool: Sendable {
    private struct State {
        var free: [PostgresWorker]
        var waiting = RingBuffer<CheckedContinuation<PostgresWorker, Never>>()
    }

    let workers: [PostgresWorker]
    private let state: Locked<State>

    init(_ workers: [PostgresWorker]) {
        self.workers = workers
        state = Locked(State(free: workers))
    }

    /// Runs a body with a worker that nobody else uses meanwhile.
    ///
    /// Throws what `body` throws, and nothing else.
    func withWorker<R: Sendable, E: Error>(
        _ body: (PostgresWorker) async throws(E) -> R
    ) async throws(E) -> R {
        let worker = await acquire()
        defer { release(worker) }
        return try await body(worker)
    }

    /// Closes every worker once its caller has finished; later calls fail.
    func close() async {
        var closed: [PostgresWorker] = []
        for _ in workers {
            let worker = await acquire()
            await worker.close()
            closed.append(worker)
        }
        for worker in closed { release(worker) }
    }

    private func acquire() async -> PostgresWorker {
        // The one that was used last: its connection is open.
        if let free = state.withLock({ $0.free.popLast() }) { return free }
        return await withCheckedContinuation { continuation in
            let free = state.withLock { state -> PostgresWorker? in
                if let free = state.free.popLast() { return free }
                state.waiting.append(continuation)
                return nil
            }
            if let free { continuation.resume(returning: free) }
        }
    }

    private func release(_ worker: PostgresWorker) {
        let next = state.withLock { state in
            let next = state.waiting.popFirst()
            if next == nil { state.free.append(worker) }
            return next
        }
        next?.resume(returning: worker)
    }
}
