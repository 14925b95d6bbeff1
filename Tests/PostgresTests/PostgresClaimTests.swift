import Base
import Postgres
import SQL
import TestSupport
import Testing

/// Who may use a database beside whom.
@Suite(.timeLimit(.minutes(10))) struct PostgresClaimTests {
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

    /// The network swallows everything for a while: the server still has the old session, and its claim.
    @Test func claimOutlivesASessionThatOnlyTheServerHas() async throws {
        let server = try await PostgresServer.shared()
        let link = FaultyLink(to: server.port)
        var parameters = try await server.newSchema().parameters
        parameters["port"] = "\(link.port)"
        var configuration = PostgresConfiguration(parameters: parameters)
        (configuration.connectTimeout, configuration.patience) = (.seconds(60), .seconds(170))
        let database = try await PostgresDatabase.open(configuration)
        let claim = database.claim(.alone)
        #expect(await claim.check() == .held)
        #expect(try await database.query("SELECT 1").count == 1)
        link.condition = .silent
        // Somebody who waits for an answer is told with the claim, and not after the limit of an answer.
        let start = MonotonicTime.now
        let waiting = Task { () async -> SQLError? in
            do throws(SQLError) {
                _ = try await database.query("SELECT 1")
                return nil
            } catch { return error }
        }
        await eventually {
            guard case .unreachable = await claim.check() else { return false }
            return true
        }
        // The claim notices after five seconds at the latest, and gives the others up that are silent for as long.
        let failing = Task { while !Task.isCancelled { _ = await claim.check() } }
        let error = await waiting.value
        failing.cancel()
        link.condition = .working
        await failing.value
        guard case .unavailable? = error else { return _ = Issue.record("\(String(describing: error))") }
        #expect(MonotonicTime.now - start < .seconds(160))
        await eventually {
            let state = await claim.check()
            if case .taken = state { Issue.record("it is another's") }
            return state == .held
        }
        await claim.release()
        await database.close()
    }
}
