import Base

/// How often a transaction is tried that other writers get in the way of.
private let conflictAttempts = 20
private let conflictBackoff = Backoff(first: .milliseconds(2), limit: .milliseconds(200))

/// Runs statements one after another on one connection.
///
/// Statements use the common SQL of SQLite and PostgreSQL, with parameters `$1`, `$2`, …
package protocol SQLSession {
    /// The SQL dialect of the database.
    var dialect: SQLDialect { get }

    /// Where readers note the rows that they could not read: shared by all sessions of a database.
    var rowFaults: RowFaults { get }

    /// Runs a statement and returns its rows.
    ///
    /// Throws `.busy` when another connection holds the lock, `.unavailable` when the database cannot be reached or was
    /// closed, `.corrupt` when the file is damaged, and `.programming` for a statement or parameters that are wrong, or
    /// a use after the transaction has ended.
    func query(_ sql: String, _ parameters: [SQLValue]) async throws(SQLError) -> [Row]

    /// Runs a statement and returns how many rows it inserted, changed or deleted.
    ///
    /// Throws as `query` does, `.full` and `.readOnly` when nothing can be written, `.unique` and `.constraint` when
    /// the schema forbids it, and `.programming` in a read.
    func execute(_ sql: String, _ parameters: [SQLValue]) async throws(SQLError) -> Int

    /// Runs one prepared statement for every `columns` values of the flat array; returns the rows changed in all.
    ///
    /// Throws as `execute` does, and `.programming` when the values do not make whole rows.
    func executeMany(_ sql: String, columns: Int, values: [SQLValue]) async throws(SQLError) -> Int

    /// Runs a read whose columns are integers and passes row after row to `row`; returning false ends it.
    ///
    /// Keeps no rows in memory, for results of millions of rows. Null reads as 0.
    ///
    /// Throws as `query` does.
    func scan(_ sql: String, _ parameters: [SQLValue], _ row: (Span<Int64>) -> Bool) async throws(SQLError)
}

/// A database that many tasks use at once.
///
/// A call outside of `read` and `transaction` is a transaction of its own. Within a body, use only the session that the
/// body gets, never the database.
package protocol Database: SQLSession, Sendable {
    /// What its calls say about the database itself.
    var faults: DatabaseFaults { get }

    /// Reads with one statement; a writing one throws `.programming`. Sees everything that was committed before.
    func query(_ sql: String, _ parameters: [SQLValue]) async throws(SQLError) -> [Row]

    /// Runs reads that all see the same state of the database.
    ///
    /// Throws the error of the body, or `.busy` or `.unavailable` when the database cannot be used.
    func read<R: Sendable>(
        _ body: @Sendable (any SQLSession) async throws(SQLError) -> R
    ) async throws(SQLError) -> R

    /// Runs long reads on connections of their own, so that neither `read` nor a write waits for them.
    ///
    /// At most `longReads` bodies run at once; others wait for their turn.
    ///
    /// Throws the error of the body, or `.busy` or `.unavailable` when the database cannot be used.
    func readLong<R: Sendable>(
        _ body: @Sendable (any SQLSession) async throws(SQLError) -> R
    ) async throws(SQLError) -> R

    /// How many bodies of `readLong` run at once, at least 1.
    var longReads: Int { get }

    /// Tries once to run reads and writes as one transaction; an error of the body rolls it back.
    ///
    /// Callers use `transaction`, which tries again after a conflict. The body runs on the connection's executor: its
    /// statements need no change of thread.
    ///
    /// Throws the error of the body, `.conflict` when transactions of other writers got in the way, `.busy` or
    /// `.unavailable` when the database cannot be used, and `.full` or `.readOnly` when the transaction cannot be
    /// committed.
    func attempt<R: Sendable>(
        _ body: @Sendable (any SQLSession) async throws(SQLError) -> R
    ) async throws(SQLError) -> R

    /// Runs the further tries of a transaction that has conflicted: one of a process after the other.
    ///
    /// Many clients may write the same row: each try that overlaps another one would conflict again.
    ///
    /// Throws the error of the body.
    func afterConflict<R>(_ body: () async throws(SQLError) -> R) async throws(SQLError) -> R

    /// The bytes of the database on disk.
    ///
    /// Throws as `query` does.
    func size() async throws(SQLError) -> Int

    /// Closes all connections; later calls fail with `.unavailable`.
    func close() async
}

extension SQLSession {
    /// For sessions whose unreadable rows nobody asks for.
    package var rowFaults: RowFaults { RowFaults() }

    /// Passes on rows that were all read before; for sessions without a better way.
    ///
    /// Throws as `query` does, and `.corrupt` for a value that is neither an integer nor null.
    package func scan(
        _ sql: String,
        _ parameters: [SQLValue],
        _ row: (Span<Int64>) -> Bool
    ) async throws(SQLError) {
        for found in try await query(sql, parameters) {
            var values: [Int64] = []
            for column in 0..<found.count { values.append(try found.optionalInteger(column) ?? 0) }
            guard row(values.span) else { return }
        }
    }

    /// Runs a statement without parameters and returns its rows.
    ///
    /// Throws as `query(_:_:)` does.
    package func query(_ sql: String) async throws(SQLError) -> [Row] { try await query(sql, []) }

    /// Runs a statement without parameters.
    ///
    /// Throws as `execute(_:_:)` does.
    @discardableResult
    package func execute(_ sql: String) async throws(SQLError) -> Int { try await execute(sql, []) }
}

extension Database {
    /// Runs reads and writes as one transaction; an error of the body rolls it back.
    ///
    /// When another writer's transaction conflicts, the body runs again, after a pause that grows.
    ///
    /// Throws the error of the body, or `.busy` or `.unavailable` when the database cannot be used, `.full` or
    /// `.readOnly` when the transaction cannot be committed, and `.conflict` when the last try failed too or the task
    /// was cancelled.
    package func transaction<R: Sendable>(
        _ body: @Sendable (any SQLSession) async throws(SQLError) -> R
    ) async throws(SQLError) -> R {
        do throws(SQLError) { return try await attempt(body) } catch {
            guard error == .conflict, !Task.isCancelled else { throw error }
        }
        return try await afterConflict { () async throws(SQLError) in
            var attempt = 2
            while true {
                do throws(SQLError) { return try await self.attempt(body) } catch {
                    guard error == .conflict, attempt < conflictAttempts, !Task.isCancelled else { throw error }
                    try? await Task.sleep(for: conflictBackoff.delay(after: attempt - 1))
                    attempt += 1
                }
            }
        }
    }

    /// Runs a body at once; for databases with only one writer.
    ///
    /// Throws the error of the body.
    package func afterConflict<R>(_ body: () async throws(SQLError) -> R) async throws(SQLError) -> R {
        try await body()
    }

    /// Reads as `read` does; for databases with only one connection.
    ///
    /// Throws as `read` does.
    package func readLong<R: Sendable>(
        _ body: @Sendable (any SQLSession) async throws(SQLError) -> R
    ) async throws(SQLError) -> R {
        try await read(body)
    }

    package var longReads: Int { 1 }
}
