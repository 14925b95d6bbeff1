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
        /// Somebody else has one that excludes it; the address of their machine if the server tells.
        case taken(by: String?)
        case unreachable(SQLError)
    }

    private let configuration: PostgresConfiguration
    private let mode: Mode
    private let loop: EventLoop
    private var connection: PostgresConnection?
    private var probedAt = MonotonicTime.now
    private static let number = 7312
    private static let probeInterval: Duration = .seconds(15)

    package nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    init(_ configuration: PostgresConfiguration, _ mode: Mode, on loop: EventLoop) {
        (self.configuration, self.mode, self.loop) = (configuration, mode, loop)
    }

    /// Looks after the claim, and takes it when it is not held: at first, and after its session was lost.
    package func check() async -> State {
        do throws(SQLError) {
            if let connection, !connection.isBroken {
                guard MonotonicTime.now - probedAt > Self.probeInterval else { return .held }
                try await connection.run([.init("SELECT 1")])
                probedAt = .now
                return .held
            }
            release()
            return try await take()
        } catch {
            return .unreachable(error)
        }
    }

    /// Gives the claim up.
    package func release() {
        connection?.close()
        connection = nil
    }

    private func take() async throws(SQLError) -> State {
        let opened = try await PostgresConnection.open(configuration, role: .writer, on: loop)
        var isHeld = false
        var holder: String?
        do throws(SQLError) {
            let function = mode == .alone ? "pg_try_advisory_lock" : "pg_try_advisory_lock_shared"
            try await opened.run([.init("SELECT \(function)(\(Self.number), hashtext(current_schema()))")]) {
                _,
                result throws(SQLError) in
                isHeld = try ResultRows(result).integer(0, 0) == 1
            }
            if !isHeld {
                try await opened.run([.init(Self.holderQuery)]) { _, result throws(SQLError) in
                    if case .text(let text)? = try ResultRows(result).rows().first?[0] { holder = text }
                }
            }
        } catch {
            opened.close()
            throw error
        }
        guard isHeld, connection == nil else {
            opened.close()
            return isHeld ? .held : .taken(by: holder)
        }
        (connection, probedAt) = (opened, .now)
        return .held
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
        PostgresClaim(configuration, mode, on: loop)
    }
}
