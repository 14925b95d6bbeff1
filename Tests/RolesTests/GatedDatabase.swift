import Base
import SQL
import TestSupport

/// A database whose transactions can be made to wait before they begin, as if the process were suspended.
final class GatedDatabase: ForwardingDatabase {
    private struct State {
        var isHeld = false
        var waiters: [CheckedContinuation<Void, Never>] = []
        var refusals = 0
    }
    let inner: any Database
    private let state = Locked(State())

    init(_ inner: any Database) { self.inner = inner }

    var isWaiting: Bool { state.withLock { !$0.waiters.isEmpty } }
    /// How many transactions were refused because another process held their lease.
    var refusals: Int { state.withLock { $0.refusals } }
    func hold() { state.withLock { $0.isHeld = true } }
    func open() {
        let waiters = state.withLock { state in
            state.isHeld = false
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.resume() }
    }

    private func pass() async {
        await withCheckedContinuation { waiter in
            let goesOn = state.withLock { state -> Bool in
                if state.isHeld { state.waiters.append(waiter) }
                return !state.isHeld
            }
            if goesOn { waiter.resume() }
        }
    }

    func call<R>(_ kind: DatabaseCall, _ body: () async throws(SQLError) -> R) async throws(SQLError) -> R {
        if kind == .transaction { await pass() }
        do throws(SQLError) { return try await body() } catch {
            if case .fenced = error { state.withLock { $0.refusals += 1 } }
            throw error
        }
    }
}
