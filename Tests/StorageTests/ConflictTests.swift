import Base
import SQL
import SQLite
import Testing

/// What the port does when transactions of several writers conflict.
@Suite struct ConflictTests {
    /// A database on which the next transactions run and then conflict, so that nothing of them is kept.
    private final class ConflictingDatabase: Database {
        private let inner: any Database
        private let left: Locked<Int>

        init(_ inner: any Database, conflicts: Int) {
            self.inner = inner
            left = Locked(conflicts)
        }

        var dialect: SQLDialect { inner.dialect }
        var faults: DatabaseFaults { inner.faults }
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
            let conflicts = left.withLock { left in
                left -= 1
                return left >= 0
            }
            return try await inner.attempt { session throws(SQLError) in
                let value = try await body(session)
                if conflicts { throw .conflict }
                return value
            }
        }
        func size() async throws(SQLError) -> Int { try await inner.size() }
        func close() async { await inner.close() }
    }

    private static func insert(into database: any Database) async throws(SQLError) -> Int64 {
        try await database.transaction { session throws(SQLError) in
            try await session.execute("INSERT INTO t (n) VALUES (1)")
            return try await session.query("SELECT COUNT(*) FROM t").first?.integer(0) ?? -1
        }
    }

    @Test func conflictingTransactionRunsAgainAndIsKeptOnce() async throws {
        let inner = try await SQLiteDatabase.open(path: ":memory:")
        try await inner.execute("CREATE TABLE t (n BIGINT)")
        let database = ConflictingDatabase(inner, conflicts: 3)
        #expect(try await Self.insert(into: database) == 1)
        #expect(try await inner.query("SELECT COUNT(*) FROM t").first?.integer(0) == 1)
    }

    @Test func transactionThatAlwaysConflictsEndsWithTheError() async throws {
        let inner = try await SQLiteDatabase.open(path: ":memory:")
        try await inner.execute("CREATE TABLE t (n BIGINT)")
        let database = ConflictingDatabase(inner, conflicts: .max)
        // Cancelled, so that no pause is waited for.
        let task = Task { () async throws(SQLError) -> Int64 in try await Self.insert(into: database) }
        task.cancel()
        await #expect(throws: SQLError.conflict) { try await task.value }
        #expect(try await inner.query("SELECT COUNT(*) FROM t").first?.integer(0) == 0)
    }
}
