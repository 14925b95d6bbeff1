package import SQL

/// A database that passes its calls on to another one, so that a double says only what is different.
///
/// Every call goes through `call`, which may delay or refuse it.
package protocol ForwardingDatabase: Database {
    /// The database that the calls reach.
    var inner: any Database { get }

    /// Makes a call; by default as it is.
    func call<R>(_ kind: DatabaseCall, _ body: () async throws(SQLError) -> R) async throws(SQLError) -> R
}

/// What a call does.
package enum DatabaseCall: Sendable {
    case query, execute, read, transaction
}

extension ForwardingDatabase {
    package func call<R>(
        _ kind: DatabaseCall,
        _ body: () async throws(SQLError) -> R
    ) async throws(SQLError) -> R {
        try await body()
    }

    package func afterConflict<R>(_ body: () async throws(SQLError) -> R) async throws(SQLError) -> R {
        try await inner.afterConflict(body)
    }
    package var dialect: SQLDialect { inner.dialect }
    package var rowFaults: RowFaults { inner.rowFaults }
    package var faults: DatabaseFaults { inner.faults }
    package func query(_ sql: String, _ parameters: [SQLValue]) async throws(SQLError) -> [Row] {
        try await call(.query) { () async throws(SQLError) in try await inner.query(sql, parameters) }
    }
    package func execute(_ sql: String, _ parameters: [SQLValue]) async throws(SQLError) -> Int {
        try await call(.execute) { () async throws(SQLError) in try await inner.execute(sql, parameters) }
    }
    package func executeMany(_ sql: String, columns: Int, values: [SQLValue]) async throws(SQLError) -> Int {
        try await call(.execute) { () async throws(SQLError) in
            try await inner.executeMany(sql, columns: columns, values: values)
        }
    }
    package func read<R: Sendable>(
        _ body: @Sendable (any SQLSession) async throws(SQLError) -> R
    ) async throws(SQLError) -> R {
        try await call(.read) { () async throws(SQLError) in try await inner.read(body) }
    }
    package func attempt<R: Sendable>(
        _ body: @Sendable (any SQLSession) async throws(SQLError) -> R
    ) async throws(SQLError) -> R {
        try await call(.transaction) { () async throws(SQLError) in try await inner.attempt(body) }
    }
    package func size() async throws(SQLError) -> Int { try await inner.size() }
    package func close() async {}
}
