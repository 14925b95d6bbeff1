import Base
import Postgres
import SQL
import TestSupport
import Testing

/// Connections that break while answers are waited for.
@Suite(.timeLimit(.minutes(10))) struct PostgresLossTests {
    /// The error of a query.
    private func failure(_ database: PostgresDatabase, _ sql: String) async -> SQLError? {
        do throws(SQLError) {
            _ = try await database.query(sql, [])
            return nil
        } catch { return error }
    }

    /// libpq closes the descriptor of a lost connection, and the next connection may get its number.
    @Test func descriptorOfALostConnectionIsNotWatchedAnyMore() async throws {
        let server = try await PostgresServer.shared()
        let admin = try await PostgresDatabase.open(server.configuration())
        let database = try await PostgresDatabase.open(server.configuration())
        for round in 0..<5 {
            let sleeping = "SELECT pg_sleep(100 + \(round))"
            let waiting = (0..<3).map { _ in Task { await failure(database, sleeping) } }
            try await eventually {
                let rows = try await admin.query(
                    "SELECT count(*) FROM pg_stat_activity WHERE query = $1 AND state = 'active'",
                    [.text(sleeping)]
                )
                return try rows.first?.integer(0) == 3
            }
            let end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query = $1 AND state = 'active'"
            _ = try await admin.query(end, [.text(sleeping)])
            for task in waiting { #expect(await task.value != nil) }
            // Connections of other pools are opened: those of the readers are still there, and broken.
            async let first = database.attempt { session throws(SQLError) in try await session.query("SELECT 1") }
            async let second = database.attempt { session throws(SQLError) in try await session.query("SELECT 1") }
            async let third = database.readLong { session throws(SQLError) in try await session.query("SELECT 1") }
            #expect(try await [first.count, second.count, third.count] == [1, 1, 1])
        }
        await database.close()
        await admin.close()
    }
}
