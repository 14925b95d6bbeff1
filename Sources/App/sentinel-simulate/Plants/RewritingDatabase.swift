import SQL

/// A connection to the store that changes what is read.
struct RewritingDatabase: Database {
    let inner: any Database
    let rewrite: @Sendable (_ sql: String, _ parameters: [SQLValue], _ rows: [Row]) -> [Row]

    var dialect: SQLDialect { inner.dialect }
    var faults: DatabaseFaults { inner.faults }
    var rowFaults: RowFaults { inner.rowFaults }

    func query(_ sql: String, _ parameters: [SQLValue]) async throws(SQLError) -> [Row] {
        rewrite(sql, parameters, try await inner.query(sql, parameters))
    }

    func execute(_ sql: String, _ parameters: [SQLValue]) async throws(SQLError) -> Int {
        try await inner.execute(sql, parameters)
    }

    func executeMany(_ sql: String, columns: Int, values: [SQLValue]) async throws(SQLError) -> Int {
        try await inner.executeMany(sql, columns: columns, values: values)
    }

    func scan(_ sql: String, _ parameters: [SQLValue], _ row: (Span<Int64>) -> Bool) async throws(SQLError) {
        try await inner.scan(sql, parameters, row)
    }

    func read<R: Sendable>(
        _ body: @Sendable (any SQLSession) async throws(SQLError) -> R
    ) async throws(SQLError) -> R {
        let rewrite = rewrite
        return try await inner.read { session throws(SQLError) in
            try await body(RewritingSession(inner: session, rewrite: rewrite))
        }
    }

    func attempt<R: Sendable>(
        _ body: @Sendable (any SQLSession) async throws(SQLError) -> R
    ) async throws(SQLError) -> R {
        let rewrite = rewrite
        return try await inner.attempt { session throws(SQLError) in
            try await body(RewritingSession(inner: session, rewrite: rewrite))
        }
    }

    func size() async throws(SQLError) -> Int { try await inner.size() }
    func close() async {}
}

private struct RewritingSession: SQLSession {
    let inner: any SQLSession
    let rewrite: @Sendable (_ sql: String, _ parameters: [SQLValue], _ rows: [Row]) -> [Row]

    var dialect: SQLDialect { inner.dialect }
    var rowFaults: RowFaults { inner.rowFaults }

    func query(_ sql: String, _ parameters: [SQLValue]) async throws(SQLError) -> [Row] {
        rewrite(sql, parameters, try await inner.query(sql, parameters))
    }

    func execute(_ sql: String, _ parameters: [SQLValue]) async throws(SQLError) -> Int {
        try await inner.execute(sql, parameters)
    }

    func executeMany(_ sql: String, columns: Int, values: [SQLValue]) async throws(SQLError) -> Int {
        try await inner.executeMany(sql, columns: columns, values: values)
    }

    func scan(_ sql: String, _ parameters: [SQLValue], _ row: (Span<Int64>) -> Bool) async throws(SQLError) {
        try await inner.scan(sql, parameters, row)
    }
}
