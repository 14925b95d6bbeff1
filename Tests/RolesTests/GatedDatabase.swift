import Base
import SQL

/// A database whose transactions can be made to wait before they begin, as if the process were suspended.
final class GatedDatabase: Database {
    private struct State {
        var isHeld = false
        var waiters: [CheckedContinuation<Void, Never>] = []
        var refusals = 0
    }
    private let inner: any Database
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

    var dialect: SQLDialect { inner.dialect }
    func query(_ sql: String, _ parameters: [SQLValue]) async throws(SQLError) -> [Row] {
        try await inner.query(sql, parameters)
    }
    func execute(_ sql: String, _ parameters: [SQLValue]) async throws(SQLError) -> Int {
        try await inner.execute(sql, parameters)
    }
    func executeMany(_ sql: String, columns: Int, values: [SQLValue]) async throws(SQLError) -> Int {
        try await inner.executeMany(sql, columns: columns, values: values)
    }
    func read<R: Sendable>(
        _ body: @Sendable (any SQLSession) async throws(SQLError) -> R
    ) async throws(SQLError) -> R { try await inner.read(body) }
    func attempt<R: Sendable>(
        _ body: @Sendable (any SQLSession) async throws(SQLError) -> R
    ) async throws(SQLError) -> R {
        await pass()
        do throws(SQLError) { return try await inner.attempt(body) } catch {
            if case .fenced = error { state.withLock { $0.refusals += 1 } }
            throw error
        }
    }
    func size() async throws(SQLError) -> Int { try await inner.size() }
    func close() async {}
}
