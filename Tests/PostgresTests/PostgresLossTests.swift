import Base
import Postgres
import SQL
import TestSupport
import Testing

/// Connections that break while answers are waited for.
@Suite(.timeLimit(.minutes(5))) struct PostgresLossTests {
    private func open(_ link: FaultyLink) async throws -> PostgresDatabase {
        var parameters = try await PostgresServer.shared().configuration().parameters
        parameters["port"] = "\(link.port)"
        var configuration = PostgresConfiguration(parameters: parameters)
        (configuration.connectTimeout, configuration.patience) = (.seconds(60), .seconds(170))
        return try await PostgresDatabase.open(configuration)
    }

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
        let link = FaultyLink(to: server.port)
        let database = try await open(link)
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
            link.reset()
            // Connections of other pools are opened at once.
            let opened = (0..<3).map { _ in Task { (try? await database.execute("SELECT 1", [])) != nil } }
            await eventually { (try? await database.readLong { _ throws(SQLError) in 1 }) == 1 }
            for task in waiting { #expect(await task.value != nil) }
            for task in opened { _ = await task.value }
        }
        await database.close()
        await admin.close()
    }
}
