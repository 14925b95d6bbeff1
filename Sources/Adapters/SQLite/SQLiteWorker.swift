import Base
import Runtime
import SQL

/// One connection on its own queue, reopened when it breaks.
///
/// Bodies of transactions are asynchronous, so other calls wait: nothing else runs within a transaction.
actor SQLiteWorker {
    private let executor: any SerialExecutor
    private let path: String
    private let role: SQLiteConnection.Role
    private let configuration: SQLiteConfiguration
    private let rowFaults: RowFaults
    private let faults: DatabaseFaults
    private var connection: SQLiteConnection?
    /// Whether a write found no space since the log was last copied into the file.
    private var wasFull = false
    /// When that was done, unless it has helped.
    private var checkpointedAt: MonotonicTime?
    private var isClosed = false
    private let lock = AsyncLock()

    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    init(
        path: String,
        role: SQLiteConnection.Role,
        configuration: SQLiteConfiguration,
        rowFaults: RowFaults,
        faults: DatabaseFaults
    ) {
        (self.rowFaults, self.faults) = (rowFaults, faults)
        executor = configuration.makeExecutor("sentinel.sqlite.\(role)")
        (self.path, self.role, self.configuration) = (path, role, configuration)
    }

    /// Opens the connection; the file is created only here.
    func open() throws(SQLError) {
        connection = try SQLiteConnection(
            path: path,
            role: role,
            create: role == .writer,
            configuration: configuration,
            faults: faults
        )
    }

    func query(_ sql: String, _ parameters: [SQLValue]) async throws(SQLError) -> [Row] {
        await lock.enter()
        defer { lock.leave() }
        return try ready().query(sql, parameters, readOnly: true)
    }

    func execute(_ sql: String, _ parameters: [SQLValue]) async throws(SQLError) -> Int {
        await lock.enter()
        defer { lock.leave() }
        do throws(SQLError) {
            let count = try ready().execute(sql, parameters)
            checkpointedAt = nil
            return count
        } catch {
            if error == .full { wasFull = true }
            throw error
        }
    }

    /// Runs a body between `BEGIN` and `COMMIT`, on this actor.
    func transaction<R: Sendable>(
        writing: Bool,
        _ body: @Sendable (any SQLSession) async throws(SQLError) -> R
    ) async throws(SQLError) -> R {
        await lock.enter()
        defer { lock.leave() }
        let connection = try ready()
        let session = SQLiteSession(connection, readOnly: !writing, rowFaults: rowFaults)
        defer { session.end() }
        do throws(SQLError) {
            try connection.begin(writing: writing)
            let result = try await body(session)
            try connection.commit()
            checkpointedAt = nil
            return result
        } catch {
            connection.rollback()
            if error == .full { wasFull = true }
            throw error
        }
    }

    /// Closes the connection after the calls before it.
    func close() async {
        await lock.enter()
        defer { lock.leave() }
        isClosed = true
        if role == .writer { connection?.finish() }
        connection = nil
    }

    /// The connection, reopened when it broke or its file was replaced.
    private func ready() throws(SQLError) -> SQLiteConnection {
        if isClosed { throw .unavailable("the database was closed") }
        if let connection, !connection.isBroken, !connection.hasMoved {
            makeRoom(connection)
            return connection
        }
        connection = nil
        do throws(SQLError) {
            let reopened = try SQLiteConnection(
                path: path,
                role: role,
                create: false,
                configuration: configuration,
                faults: faults
            )
            connection = reopened
            makeRoom(reopened)
            return reopened
        } catch {
            faults.note(error)
            throw error
        }
    }

    /// Copies the log into the file when there was no space, once a second while that does not help.
    ///
    /// The log is then written from its beginning again, in the space that it has already.
    private func makeRoom(_ connection: SQLiteConnection) {
        guard wasFull, role == .writer else { return }
        if let checkpointedAt, MonotonicTime.now - checkpointedAt < .seconds(1) { return }
        (wasFull, checkpointedAt) = (false, .now)
        connection.checkpoint()
    }
}
