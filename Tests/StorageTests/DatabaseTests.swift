import Base
import SQL
import SQLite
import TestSupport
import Testing

/// What every adapter guarantees.
@Suite struct DatabaseTests {
    @Test(arguments: DatabaseBackend.allCases) func valuesRoundTrip(_ backend: DatabaseBackend) async throws {
        let database = try await backend.open()
        let values: [SQLValue] = [
            .null, .integer(.min), .integer(.max), .integer(0), .double(1.5), .text(""), .text("a\0b ü 🚦"),
        ]
        let blobs: [SQLValue] = [.blob([]), .blob([0, 255, 1])]
        try await database.execute("CREATE TABLE t (i BIGINT, d DOUBLE PRECISION, s TEXT, b \(database.dialect.blob))")
        for value in values {
            let column = if case .double = value { "d" } else if case .text = value { "s" } else { "i" }
            _ = try await database.execute("DELETE FROM t", [])
            _ = try await database.execute("INSERT INTO t (\(column)) VALUES ($1)", [value])
            #expect(try await database.query("SELECT \(column) FROM t").first?[0] == stored(value, in: backend))
        }
        for value in blobs {
            _ = try await database.execute("DELETE FROM t", [])
            _ = try await database.execute("INSERT INTO t (b) VALUES ($1)", [value])
            #expect(try await database.query("SELECT b FROM t").first?[0] == value)
        }
    }

    /// PostgreSQL's texts hold no zero character.
    private func stored(_ value: SQLValue, in backend: DatabaseBackend) -> SQLValue {
        guard backend == .postgres, case .text(let text) = value else { return value }
        return .text(String(text.map { $0 == "\0" ? "\u{FFFD}" : $0 }))
    }

    /// SQLite numbers `$n` by first appearance, not by `n`.
    @Test(arguments: DatabaseBackend.allCases) func parametersAreBoundByNumber(_ backend: DatabaseBackend) async throws
    {
        let database = try await backend.open()
        let sql = "SELECT CAST($2 AS TEXT), CAST($1 AS TEXT), CAST($2 AS TEXT)"
        let row = try #require(try await database.query(sql, [.text("one"), .text("two")]).first)
        #expect([row[0], row[1], row[2]] == [.text("two"), .text("one"), .text("two")])
        await #expect(throws: SQLError.self) { try await database.query("SELECT CAST($2 AS TEXT)", [.text("one")]) }
    }

    @Test(arguments: DatabaseBackend.allCases) func failedBodyRollsBack(_ backend: DatabaseBackend) async throws {
        let database = try await backend.open()
        try await database.execute("CREATE TABLE t (i BIGINT PRIMARY KEY)")
        await #expect(throws: SQLError.unique(table: "t", columns: ["i"])) {
            try await database.transaction { session throws(SQLError) in
                _ = try await session.executeMany("INSERT INTO t VALUES ($1)", columns: 1, values: [1, 2, 3])
                _ = try await session.execute("INSERT INTO t VALUES ($1)", [2])
            }
        }
        #expect(try await database.query("SELECT COUNT(*) FROM t").first?[0] == 0)
        #expect(try await database.executeMany("INSERT INTO t VALUES ($1)", columns: 1, values: [1, 2]) == 2)
        #expect(try await database.execute("UPDATE t SET i = i + 10", []) == 2)
    }

    @Test(arguments: DatabaseBackend.allCases) func readsCannotWrite(_ backend: DatabaseBackend) async throws {
        let database = try await backend.open()
        try await database.execute("CREATE TABLE t (i BIGINT)")
        let error = await #expect(throws: SQLError.self) {
            try await database.query("INSERT INTO t VALUES (1) RETURNING i")
        }
        #expect(error?.label == "programming")
        let inRead = await #expect(throws: SQLError.self) {
            try await database.read { session throws(SQLError) in try await session.execute("DELETE FROM t") }
        }
        #expect(inRead?.label == "programming")
        #expect(try await database.query("SELECT COUNT(*) FROM t").first?[0] == 0)
    }

    /// A body that waits must not let another call into its transaction.
    @Test(arguments: DatabaseBackend.allCases) func transactionsAreSeparate(_ backend: DatabaseBackend) async throws {
        let database = try await backend.open()
        try await database.execute("CREATE TABLE t (i BIGINT)")
        try await database.execute("INSERT INTO t VALUES (0)")
        try await withThrowingTaskGroup { group in
            for _ in 0..<20 {
                group.addTask {
                    try await database.transaction { session throws(SQLError) in
                        let value = try await session.query("SELECT i FROM t").first?.integer(0) ?? 0
                        await Task.yield()
                        _ = try await session.execute("UPDATE t SET i = $1", [.integer(value + 1)])
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(try await database.query("SELECT i FROM t").first?[0] == 20)
    }

    @Test(arguments: DatabaseBackend.allCases) func closedDatabaseThrows(_ backend: DatabaseBackend) async throws {
        let database = try await backend.open()
        await database.close()
        await #expect(throws: SQLError.unavailable("the database was closed")) { try await database.query("SELECT 1") }
    }

    @Test func aHundredStatementsNeedOneHop() async throws {
        let executor = DatabaseExecutor(label: "test")
        var configuration = SQLiteConfiguration()
        configuration.makeExecutor = { _ in executor }
        let database = try await SQLiteDatabase.open(path: ":memory:", configuration: configuration)
        try await database.execute("CREATE TABLE t (i BIGINT)")
        let before = executor.count
        try await database.transaction { session throws(SQLError) in
            for value in 0..<100 {
                _ = try await session.execute("INSERT INTO t VALUES ($1)", [.integer(Int64(value))])
            }
        }
        #expect(executor.count - before == 1)
        #expect(try await database.query("SELECT COUNT(*) FROM t").first?[0] == 100)
    }

    @Test func sessionEndsWithItsTransaction() async throws {
        final class Leak: @unchecked Sendable {  // Invariant: written and read by one task after the other.
            var session: (any SQLSession)?
        }
        let database = try await SQLiteDatabase.open(path: ":memory:")
        let leak = Leak()
        try await database.transaction { session throws(SQLError) in leak.session = session }
        await #expect(throws: SQLError.programming("the transaction has ended")) {
            try await leak.session?.query("SELECT 1")
        }
    }

    @Test(arguments: [
        (SQLError.busy, true), (.full, true), (.readOnly, true), (.unavailable("x"), true), (.corrupt("x"), false),
        (.unique(table: "t", columns: []), false), (.constraint("x"), false), (.programming("x"), false),
    ]) func onlyExternalErrorsAreTransient(_ error: SQLError, _ isTransient: Bool) {
        #expect(error.isTransient == isTransient)
    }
}
