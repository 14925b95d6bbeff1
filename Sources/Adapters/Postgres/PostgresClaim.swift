import Base
import Runtime
package import SQL

/// This process's claim on a database, which other processes see: it lasts as long as a session of its own.
///
/// The server drops it with the session, however the process ends. A schema is a database of its own here.
package actor PostgresClaim {
    /// Who may have a claim beside this one.
    package enum Mode: String, Sendable { case alone, shared }

    /// What became of a try to have it.
    package enum State: Sendable, Equatable {
        case held
        /// It is held, but the server takes no writes; says why.
        case readOnly(String)
        /// Somebody else has one that excludes it; the address of their machine if the server tells.
        case taken(by: String?)
        case unreachable(SQLError)
    }

    /// A session of the server, whose number may be used again.
    private struct Session {
        let number: Int64
        let beganAt: String
    }

    private let configuration: PostgresConfiguration
    private let mode: Mode
    private let loop: EventLoop
    private let giveUp: @Sendable () async -> Void
    private var connection: PostgresConnection?
    /// The session of the connection, or of the last one: the server may still have it.
    private var session: Session?
    private var probedAt = MonotonicTime.now
    private var reading: State = .held
    private static let number = 7312
    private static let probeInterval: Duration = .seconds(5)
    /// How often the claim is asked for that an earlier session of this process may still hold.
    private static let patience = 50

    package nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    /// `giveUp` is called while the server does not answer.
    init(
        _ configuration: PostgresConfiguration,
        _ mode: Mode,
        on loop: EventLoop,
        giveUp: @escaping @Sendable () async -> Void
    ) {
        (self.configuration, self.mode, self.loop, self.giveUp) = (configuration, mode, loop, giveUp)
    }

    /// Looks after the claim, and takes it when it is not held: at first, and after its session was lost.
    ///
    /// Asks every few seconds whether the server is there and can be written.
    package func check() async -> State {
        do throws(SQLError) {
            if let connection, !connection.isBroken {
                guard MonotonicTime.now - probedAt > Self.probeInterval else { return reading }
                reading = try await Self.look(connection)
                probedAt = .now
                return reading
            }
            release()
            return try await take()
        } catch {
            await giveUp()
            return .unreachable(error)
        }
    }

    /// Gives the claim up.
    package func release() {
        connection?.close()
        connection = nil
    }

    /// Whether the server can be written.
    private static func look(_ connection: PostgresConnection) async throws(SQLError) -> State {
        var state = State.held
        try await connection.run([
            .init("SELECT pg_is_in_recovery(), current_setting('transaction_read_only') = 'on'")
        ]) { _, result throws(SQLError) in
            let rows = ResultRows(result)
            if try rows.integer(0, 0) == 1 {
                state = .readOnly("the server is a standby, which cannot be written")
            } else if try rows.integer(0, 1) == 1 {
                state = .readOnly("the server is read-only (default_transaction_read_only is on)")
            }
        }
        return state
    }

    private func take() async throws(SQLError) -> State {
        let limit = min(configuration.probePatience, configuration.patience)
        let opened = try await PostgresConnection.open(configuration, role: .writer, on: loop, patience: limit)
        var found: (isHeld: Bool, holder: String?)
        do throws(SQLError) {
            let began = try await Self.session(of: opened)
            found = try await lock(opened, after: session)
            if found.isHeld {
                reading = try await Self.look(opened)
                session = began
            }
        } catch {
            opened.close()
            throw error
        }
        guard found.isHeld, connection == nil else {
            opened.close()
            return found.isHeld ? reading : .taken(by: found.holder)
        }
        (connection, probedAt) = (opened, .now)
        return reading
    }

    private static func session(of connection: PostgresConnection) async throws(SQLError) -> Session {
        var session: Session?
        let query = "SELECT pid::bigint, backend_start::text FROM pg_stat_activity WHERE pid = pg_backend_pid()"
        try await connection.run([.init(query)]) { _, result throws(SQLError) in
            guard let row = try ResultRows(result).rows().first else { return }
            session = Session(number: try row.integer(0), beganAt: try row.text(1))
        }
        guard let session else { throw .unavailable("the server does not know its own session") }
        return session
    }

    /// Tries to have the claim; an earlier session of this process, of which the network has told the server nothing yet,
    /// is ended before.
    private func lock(
        _ opened: PostgresConnection,
        after earlier: Session?
    ) async throws(SQLError) -> (isHeld: Bool, holder: String?) {
        let function = mode == .alone ? "pg_try_advisory_lock" : "pg_try_advisory_lock_shared"
        var tries = 0
        while true {
            tries += 1
            var endings = 0
            if let earlier {
                let ending = """
                    SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
                    WHERE pid = $1 AND backend_start::text = $2 AND usename = current_user
                    """
                let values: [SQLValue] = [.integer(earlier.number), .text(earlier.beganAt)]
                try await opened.run([.init(ending, values)]) { _, result throws(SQLError) in
                    endings = try ResultRows(result).integer(0, 0) == 0 ? 0 : 1
                }
            }
            var isHeld = false
            let locking = "SELECT \(function)(\(Self.number), hashtext(current_schema()))"
            try await opened.run([.init(locking)]) { _, result throws(SQLError) in
                isHeld = try ResultRows(result).integer(0, 0) == 1
            }
            if isHeld { return (true, nil) }
            if endings > 0, tries < Self.patience {
                try? await Task.sleep(for: .milliseconds(100))
                continue
            }
            var holder: String?
            try await opened.run([.init(Self.holderQuery)]) { _, result throws(SQLError) in
                if case .text(let text)? = try ResultRows(result).rows().first?[0] { holder = text }
            }
            return (false, holder)
        }
    }

    private static let holderQuery = """
        SELECT host(a.client_addr) FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid
        WHERE l.locktype = 'advisory' AND l.granted AND l.classid::bigint = \(number)
            AND l.objid::bigint = (hashtext(current_schema())::bigint & 4294967295)
            AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
            AND a.client_addr IS NOT NULL
        LIMIT 1
        """
}

extension PostgresDatabase {
    /// A claim on the database, which is not taken yet.
    package func claim(_ mode: PostgresClaim.Mode) -> PostgresClaim {
        PostgresClaim(configuration, mode, on: loop) { [self] in await giveUp(after: configuration.probePatience) }
    }
}
