import Base

/// Lets tasks in by turns, in the order of their coming, also while the one inside waits for others.
///
/// Whether to wait is decided, and the waiter noted, under one lock: between the two nobody can leave unseen, whatever
/// thread each of them runs on.
package final class AsyncLock: Sendable {
    private struct State {
        var isTaken = false
        var waiting = RingBuffer<CheckedContinuation<Void, Never>>()
    }

    private let state = Locked(State())

    package init() {}

    /// How many wait for their turn.
    package var waitingCount: Int { state.withLock { $0.waiting.count } }

    /// Runs a body, on the caller's actor, when everybody who came before is done.
    ///
    /// A cancelled task waits for its turn too: what it does inside may be what has to be done last.
    ///
    /// Throws what `body` throws, and nothing else.
    package func withLock<R, E: Error>(_ body: () async throws(E) -> R) async throws(E) -> R {
        await enter()
        defer { leave() }
        return try await body()
    }

    /// Waits for the turn; `leave` must follow.
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

    /// Hands the turn to whoever has waited longest.
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
