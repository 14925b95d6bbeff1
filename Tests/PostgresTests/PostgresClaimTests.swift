import Base
import Postgres
import SQL
import TestSupport
import Testing

/// Who may use a database beside whom.
@Suite(.timeLimit(.minutes(5))) struct PostgresClaimTests {
    @Test func claimsExcludeEachOtherUnlessBothShare() async throws {
        let configuration = try await PostgresServer.shared().newSchema()
        let database = try await PostgresDatabase.open(configuration)
        let (alone, other) = (database.claim(.alone), database.claim(.alone))
        let (shared, guest) = (database.claim(.shared), database.claim(.shared))
        #expect(await alone.check() == .held)
        #expect(await alone.check() == .held)
        #expect(await other.check() == .taken(by: "127.0.0.1"))
        #expect(await shared.check() == .taken(by: "127.0.0.1"))
        await alone.release()
        await eventually { await shared.check() == .held }
        #expect(await guest.check() == .held)
        #expect(await other.check() == .taken(by: "127.0.0.1"))
        // Another schema is another database.
        let elsewhere = try await PostgresDatabase.open(try await PostgresServer.shared().newSchema())
        let free = elsewhere.claim(.alone)
        #expect(await free.check() == .held)
        for claim in [shared, guest, free] { await claim.release() }
        await elsewhere.close()
        await database.close()
    }

    @Test func claimIsTakenAgainAfterItsSessionWasEnded() async throws {
        let configuration = try await PostgresServer.shared().newSchema()
        let database = try await PostgresDatabase.open(configuration)
        let claim = database.claim(.alone)
        #expect(await claim.check() == .held)
        let ended = try await database.query(
            """
            SELECT COUNT(pg_terminate_backend(pid)) FROM pg_locks WHERE locktype = 'advisory' AND classid = 7312
                AND objid::bigint = (hashtext(current_schema())::bigint & 4294967295)
            """
        )
        #expect(try ended.first?.integer(0) == 1)
        let rival = database.claim(.alone)
        await eventually { await rival.check() == .held }
        await eventually { await claim.check() == .taken(by: "127.0.0.1") }
        await rival.release()
        await eventually { await claim.check() == .held }
        await claim.release()
        await database.close()
    }
}
