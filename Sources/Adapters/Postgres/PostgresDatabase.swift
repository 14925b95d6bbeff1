import Base
import Runtime
package import SQL

/// A PostgreSQL database with pools of connections for writing, for reading and for long reads.
///
/// Transactions are serializable, as SQLite's are: one that conflicts with another ends with `.conflict`, and the port
/// runs it again. All connections live on one event loop, which nothing else uses.
package final class PostgresDatabase: Database {
    let loop: EventLoop
    let configuration: PostgresConfiguration
    private let writers: ConnectionPool
    private let readers: ConnectionPool
    private let longReaders: ConnectionPool
    package let rowFaults = RowFaults()
    private let conflicting = AsyncLock()
    package let faults = DatabaseFaults()

    private init(_ configuration: PostgresConfiguration, on loop: EventLoop) {
        (self.loop, self.configuration) = (loop, configuration)
        let (rows, faults) = (rowFaults, faults)
        func pool(_ count: Int, _ role: PostgresConnection.Role) -> ConnectionPool {
            ConnectionPool(
                (0..<max(1, count)).map { _ in PostgresWorker(configuration, role: role, on: loop, rows, faults) }
            )
        }
        writers = pool(configuration.writers, .writer)
        readers = pool(configuration.readers, .reader)
        longReaders = pool(configuration.longReaders, .reader)
    }

    /// Connects to a server; further connections are opened when they are needed.
    ///
    /// Throws `.unavailable` with the reason when the server cannot be reached or refuses the connection.
    package static func open(_ configuration: PostgresConfiguration) async throws(SQLError) -> PostgresDatabase {
        let loop: EventLoop
        do throws(Errno) { loop = try EventLoop(name: "postgres") } catch {
            throw .unavailable("no thread for the database: \(error)")
        }
        let database = PostgresDatabase(configuration, on: loop)
        do throws(SQLError) {
            try await database.writers.withWorker { worker throws(SQLError) in try await worker.open() }
            return database
        } catch {
            await database.close()
            throw error
        }
    }

    package var dialect: SQLDialect { .postgres }

    /// Runs a read on a connection for reading.
    ///
    /// Throws as `SQLSession.query` does; `.programming` for a statement that writes.
    package func query(_ sql: String, _ parameters: [SQLValue]) async throws(SQLError) -> [Row] {
        try await readers.withWorker { worker throws(SQLError) in try await worker.query(sql, parameters) }
    }

    /// Runs a write as a transaction of its own.
    ///
    /// Throws as `SQLSession.execute` does.
    package func execute(_ sql: String, _ parameters: [SQLValue]) async throws(SQLError) -> Int {
        try await transaction { session throws(SQLError) in try await session.execute(sql, parameters) }
    }

    /// Writes all rows in one transaction.
    ///
    /// Throws as `SQLSession.executeMany` does; nothing is written then.
    package func executeMany(_ sql: String, columns: Int, values: [SQLValue]) async throws(SQLError) -> Int {
        try await transaction { session throws(SQLError) in
            try await session.executeMany(sql, columns: columns, values: values)
        }
    }

    /// Runs the reads of a body on one state of the database.
    ///
    /// Throws the error of the body, or `.unavailable` when the server cannot be used.
    package func read<R: Sendable>(
        _ body: @Sendable (any SQLSession) async throws(SQLError) -> R
    ) async throws(SQLError) -> R {
        try await readers.withWorker { worker throws(SQLError) in try await worker.transaction(body) }
    }

    /// Runs long reads on connections of their own.
    ///
    /// Throws the error of the body, or `.unavailable` when the server cannot be used.
    package func readLong<R: Sendable>(
        _ body: @Sendable (any SQLSession) async throws(SQLError) -> R
    ) async throws(SQLError) -> R {
        try await longReaders.withWorker { worker throws(SQLError) in try await worker.transaction(body) }
    }

    package var longReads: Int { longReaders.workers.count }

    /// Runs the reads and writes of a body as one serializable transaction.
    ///
    /// Throws the error of the body, `.conflict` when another transaction got in the way, `.full` or `.readOnly` when
    /// the server cannot write, and `.unavailable` when it cannot be used. Nothing is written then, except perhaps when
    /// the connection was lost while the transaction was being committed.
    package func attempt<R: Sendable>(
        _ body: @Sendable (any SQLSession) async throws(SQLError) -> R
    ) async throws(SQLError) -> R {
        try await writers.withWorker { worker throws(SQLError) in try await worker.transaction(body) }
    }

    /// Runs the further tries of one transaction after the other.
    ///
    /// Throws the error of the body.
    package func afterConflict<R>(_ body: () async throws(SQLError) -> R) async throws(SQLError) -> R {
        try await conflicting.withLock(body)
    }

    /// Runs a statement that cannot be part of a transaction.
    ///
    /// Throws as `execute` does.
    package func executeAlone(_ sql: String) async throws(SQLError) {
        _ = try await writers.withWorker { worker throws(SQLError) in try await worker.query(sql, []) }
    }

    /// The bytes of the database on the server's disk.
    ///
    /// Throws as `query` does.
    package func size() async throws(SQLError) -> Int {
        Int(try await query("SELECT pg_database_size(current_database())").first?.integer(0) ?? 0)
    }

    /// Gives up all answers that did not come for that long: the server is known to be silent.
    func giveUp(after limit: Duration) async {
        for pool in [writers, readers, longReaders] {
            for worker in pool.workers { await worker.giveUp(after: limit) }
        }
    }

    /// Closes all connections after the calls that use them.
    package func close() async {
        for pool in [writers, readers, longReaders] { await pool.close() }
        loop.shutdown()
    }
}
