import Base
import SQL

/// A database whose transactions fail on request before they reach the real one.
final class FaultyDatabase: Database {
    private let inner: any Database
    private let faults = Locked<[SQLError]>([])
    private let standing = Locked<SQLError?>(nil)

    init(_ inner: any Database) { self.inner = inner }

    /// Makes the next transactions fail with these errors, one each.
    func fail(_ errors: [SQLError]) { faults.withLock { $0 += errors } }
    /// Makes every transaction fail, until called with nil.
    func failAlways(_ error: SQLError?) { standing.withLock { $0 = error } }

    var dialect: SQLDialect { inner.dialect }
    var rowFaults: RowFaults { inner.rowFaults }
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
    ) async throws(SQLError) -> R {
        try await inner.read(body)
    }
    func attempt<R: Sendable>(
        _ body: @Sendable (any SQLSession) async throws(SQLError) -> R
    ) async throws(SQLError) -> R {
        if let error = standing.withLock({ $0 }) { throw error }
        if let error = faults.withLock({ $0.isEmpty ? nil : $0.removeFirst() }) { throw error }
        return try await inner.attempt(body)
    }
    func size() async throws(SQLError) -> Int { try await inner.size() }
    func close() async { await inner.close() }
}
