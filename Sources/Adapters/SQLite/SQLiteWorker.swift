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
    private var connection: SQLiteConnection?
    private var isClosed = false
    private let lock = AsyncLock()

    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    init(
        path: String,
        role: SQLiteConnection.Role,
        configuration: SQLiteConfiguration,
        rowFaults: RowFaults
    ) {
        self.rowFaults = rowFaults
        executor = configuration.makeExecutor("sentinel.sqlite.\(role)")
        (self.path, self.role, self.configuration) = (path, role, configuration)
    }

    /// Opens the connection; the file is created only here.
    func open() throws(SQLError) {
        connection = try SQLiteConnection(
            path: path,
            role: role,
            create: role == .writer,
            configuration: configuration
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
        return try ready().execute(sql, parameters)
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
        try connection.begin(writing: writing)
        do throws(SQLError) {
            let result = try await body(session)
            try connection.commit()
            return result
        } catch {
            connection.rollback()
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
        if let connection, !connection.isBroken, !connection.hasMoved { return connection }
        connection = nil
        let reopened = try SQLiteConnection(path: path, role: role, create: false, configuration: configuration)
        connection = reopened
        return reopened
    }
}
