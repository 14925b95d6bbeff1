import Base
import Domain
import Results
import SQL
import Storage
import TestSupport
import Testing

/// A PostgreSQL that lost what it had confirmed, as a replica that takes over may.
@Suite(.timeLimit(.minutes(10))) struct LostPartitionTests {
    @Test func resultsGoOnWhenTheServerLostPartitionsAndObservations() async throws {
        let store = try await Store(.postgres)
        let results = ResultBackend.postgres.make(on: store.database)
        let monitor = try await store.add(1).id
        let time = Timestamp(milliseconds: 1_795_824_000_000)
        func result(at second: Int64) -> CheckResult {
            var outcome = Outcome(latency: .milliseconds(3))
            (outcome.statusCode, outcome.remoteAddress) = (200, "192.0.2.7:80")
            return CheckResult(
                monitorID: monitor,
                region: .local,
                scheduledAt: time + .seconds(second),
                checkedAt: time + .seconds(second),
                outcome: outcome,
                revision: 1,
                url: "http://shop.example/"
            )
        }
        #expect(try await results.append([result(at: 0)]) == 1)
        try await store.database.execute("DROP TABLE results_\(time.milliseconds / 86_400_000)")
        try await store.database.execute("DELETE FROM observations")
        #expect(try await results.append([result(at: 60)]) == 1)
        let newest = try await results.latest(for: [monitor])[monitor]
        #expect(newest?.scheduledAt == time + .seconds(60))
        #expect(newest?.outcome.remoteAddress == "192.0.2.7:80" && newest?.url == "http://shop.example/")
    }
}
