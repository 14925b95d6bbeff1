import Base
import SQL

/// A database whose process dies: after so many writes nothing reaches it any more.
final class CrashingDatabase: Database {
    private let inner: any Database
    private let left: Locked<Int>

    init(_ inner: any Database, after writes: Int) {
        self.inner = inner
        left = Locked(writes)
    }

    var isDead: Bool { left.withLock { $0 <= 0 } }

    private func live(_ isWrite: Bool) throws(SQLError) {
        let isAlive = left.withLock { left in
            if isWrite { left -= 1 }
            return left > 0 || isWrite && left == 0
        }
        if !isAlive { throw .unavailable("the process is gone") }
    }

    var dialect: SQLDialect { inner.dialect }
    func query(_ sql: String, _ parameters: [SQLValue]) async throws(SQLError) -> [Row] {
        try live(false)
        return try await inner.query(sql, parameters)
    }
    func execute(_ sql: String, _ parameters: [SQLValue]) async throws(SQLError) -> Int {
        try live(true)
        return try await inner.execute(sql, parameters)
    }
    func executeMany(_ sql: String, columns: Int, values: [SQLValue]) async throws(SQLError) -> Int {
        try live(true)
        return try await inner.executeMany(sql, columns: columns, values: values)
    }
    func read<R: Sendable>(
        _ body: @Sendable (any SQLSession) async throws(SQLError) -> R
    ) async throws(SQLError) -> R {
        try live(false)
        return try await inner.read(body)
    }
    func transaction<R: Sendable>(
        _ body: @Sendable (any SQLSession) async throws(SQLError) -> R
    ) async throws(SQLError) -> R {
        try live(true)
        return try await inner.transaction(body)
    }
    func size() async throws(SQLError) -> Int { try await inner.size() }
    func close() async {}
}
