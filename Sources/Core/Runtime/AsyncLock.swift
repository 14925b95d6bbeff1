import Base

/// A lock for tasks, granted in the order of arrival; its holder may await.
///
/// One lock guards both the decision to wait and the queue of waiters, so no release can be missed between the two,
/// whatever thread each runs on.
package final class AsyncLock: Sendable {
    private struct State {
        var isTaken = false
        var waiting = RingBuffer<CheckedContinuation<Void, Never>>()
    }

    private let state = Locked(State())

    package init() {}

    /// How many tasks wait for the lock.
    package var waitingCount: Int { state.withLock { $0.waiting.count } }

    /// Runs a body, on the caller's actor, once every earlier caller has finished.
    ///
    /// A cancelled task waits for the lock too: its body may be clean-up that must run last.
    ///
    /// Throws what `body` throws, and nothing else.
    package func withLock<R, E: Error>(_ body: () async throws(E) -> R) async throws(E) -> R {
        await enter()
        defer { leave() }
        return try await body()
    }

    /// Waits for the lock; `leave` must follow.
    package func enter() async {
        if state.withLock({ Self.take(&$0) }) { return }
        await withCheckedContinuation { continuation in
            let isMine = state.withLock { state in
                if Self.take(&state) { return true }
                state.waiting.append(continuation)
                return false
            }
            if isMine { continuation.resume() }
        }
    }

    /// Passes the lock to the task that has waited longest.
    package func leave() {
        let next = state.withLock { state in
            let next = state.waiting.popFirst()
            if next == nil { state.isTaken = false }
            return next
        }
        next?.resume()
    }

    private static func take(_ state: inout State) -> Bool {
        if state.isTaken { return false }
        state.isTaken = true
        return true
    }
}
