import Base
import Runtime
import SQL

/// One connection, opened when first needed and again when it breaks; used by one caller at a time.
actor PostgresWorker {
    private let loop: EventLoop
    private let configuration: PostgresConfiguration
    private let role: PostgresConnection.Role
    private let rowFaults: RowFaults
    private let faults: DatabaseFaults
    private var connection: PostgresConnection?
    private var failures = 0
    /// The error of the last try to connect, and until when it is not tried again.
    private var refusal: (error: SQLError, until: MonotonicTime)?
    private var isClosed = false

    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    init(
        _ configuration: PostgresConfiguration,
        role: PostgresConnection.Role,
        on loop: EventLoop,
        _ rowFaults: RowFaults,
        _ faults: DatabaseFaults
    ) {
        (self.configuration, self.role, self.loop) = (configuration, role, loop)
        (self.rowFaults, self.faults) = (rowFaults, faults)
    }

    /// Connects now, to report a wrong address or password at the start.
    func open() async throws(SQLError) { _ = try await ready() }

    /// Runs a body as one transaction, on this actor.
    func transaction<R: Sendable>(
        _ body: @Sendable (any SQLSession) async throws(SQLError) -> R
    ) async throws(SQLError) -> R {
        let session = PostgresSession(try await ready(), readOnly: role == .reader, rowFaults: rowFaults)
        do throws(SQLError) {
            let result = try await body(session)
            try await session.commit()
            return result
        } catch {
            await session.rollback()
            throw noted(error)
        }
    }

    /// Runs one statement as a transaction of its own.
    func query(_ sql: String, _ parameters: [SQLValue]) async throws(SQLError) -> [Row] {
        var rows: [Row] = []
        do throws(SQLError) {
            try await ready().run([.init(sql, parameters)]) { _, result throws(SQLError) in
                rows = try ResultRows(result).rows()
            }
        } catch { throw noted(error) }
        return rows
    }

    /// A write on a connection for reading is the program's error, not the server's state.
    private func noted(_ error: SQLError) -> SQLError {
        guard error == .readOnly, role == .reader else {
            // A body may have found only a row that is damaged.
            if case .corrupt = error { return error }
            faults.note(error)
            return error
        }
        return .programming("a read was asked for, but the statement writes")
    }

    /// Gives up an answer that did not come for that long.
    func giveUp(after limit: Duration) { connection?.giveUp(after: limit) }

    func close() {
        isClosed = true
        connection?.close()
        connection = nil
    }

    private func ready() async throws(SQLError) -> PostgresConnection {
        if isClosed { throw .unavailable("the database was closed") }
        if let connection, !connection.isBroken { return connection }
        connection?.close()
        connection = nil
        if let refusal, MonotonicTime.now < refusal.until { throw refusal.error }
        do throws(SQLError) {
            let opened = try await PostgresConnection.open(configuration, role: role, on: loop)
            connection = opened
            (failures, refusal) = (0, nil)
            return opened
        } catch {
            failures += 1
            refusal = (error, .now + Backoff.standard.delay(after: failures))
            faults.note(error)
            throw error
        }
    }
}
