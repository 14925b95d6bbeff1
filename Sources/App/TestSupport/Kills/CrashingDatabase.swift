import Base
package import SQL

/// A database whose process is killed: no call of a dead process reaches it, and none of its answers arrive.
package final class CrashingDatabase: Database {
    private let inner: any Database
    package let life: Lifeline

    package init(_ inner: any Database, _ life: Lifeline) { (self.inner, self.life) = (inner, life) }

    private func call<R>(_ body: () async throws(SQLError) -> R) async throws(SQLError) -> R {
        guard life.step() else { throw .unavailable("the process is gone") }
        let answer = try await body()
        guard life.step() else { throw .unavailable("the process is gone") }
        return answer
    }

    package var dialect: SQLDialect { inner.dialect }
    package func query(_ sql: String, _ parameters: [SQLValue]) async throws(SQLError) -> [Row] {
        try await call { () async throws(SQLError) in try await inner.query(sql, parameters) }
    }
    package func execute(_ sql: String, _ parameters: [SQLValue]) async throws(SQLError) -> Int {
        try await call { () async throws(SQLError) in try await inner.execute(sql, parameters) }
    }
    package func executeMany(_ sql: String, columns: Int, values: [SQLValue]) async throws(SQLError) -> Int {
        try await call { () async throws(SQLError) in
            try await inner.executeMany(sql, columns: columns, values: values)
        }
    }
    package func read<R: Sendable>(
        _ body: @Sendable (any SQLSession) async throws(SQLError) -> R
    ) async throws(SQLError) -> R {
        try await call { () async throws(SQLError) in try await inner.read(body) }
    }
    package func attempt<R: Sendable>(
        _ body: @Sendable (any SQLSession) async throws(SQLError) -> R
    ) async throws(SQLError) -> R {
        try await call { () async throws(SQLError) in try await inner.attempt(body) }
    }
    package func size() async throws(SQLError) -> Int { try await inner.size() }
    package func close() async {}
}
