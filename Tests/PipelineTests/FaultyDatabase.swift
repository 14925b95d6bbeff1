import Base
import SQL
import TestSupport

/// A database whose transactions fail on request before they reach the real one.
final class FaultyDatabase: ForwardingDatabase {
    let inner: any Database
    private let faults = Locked<[SQLError]>([])
    private let standing = Locked<SQLError?>(nil)

    private let before = Locked<(@Sendable () async -> Void)?>(nil)

    init(_ inner: any Database) { self.inner = inner }

    /// Has something happen before each transaction.
    func beforeTransactions(_ body: (@Sendable () async -> Void)?) { before.withLock { $0 = body } }

    /// Makes the next transactions fail with these errors, one each.
    func fail(_ errors: [SQLError]) { faults.withLock { $0 += errors } }
    /// Makes every transaction fail, until called with nil.
    func failAlways(_ error: SQLError?) { standing.withLock { $0 = error } }

    func call<R>(_ kind: DatabaseCall, _ body: () async throws(SQLError) -> R) async throws(SQLError) -> R {
        if kind == .transaction {
            await before.withLock { $0 }?()
            if let error = standing.withLock({ $0 }) { throw error }
            if let error = faults.withLock({ $0.isEmpty ? nil : $0.removeFirst() }) { throw error }
        }
        return try await body()
    }
    func close() async { await inner.close() }
}
