import Base
import Domain
import SQL
import SQLiteResults
import Storage
import TestSupport
import Testing
import Results

/// Recent results, folded results and both together are one history.
@Suite struct FoldTests {
    @Test(arguments: [DatabaseBackend.sqlite], 0..<6)
    func foldingDoesNotChangeTheHistory(_ backend: DatabaseBackend, _ seed: UInt64) async throws {
        var random = SeededGenerator(seed: seed)
        let store = try await Store(backend)
        var repository = SQLiteResults(database: store.database)
        var monitors: [MonitorID] = []
        for number in 1...4 { monitors.append(try await store.add(number).id) }
        var model: [MonitorID: [Int64: CheckResult]] = [:]
        for step in 0..<120 {
            switch Int.random(in: 0..<10, using: &random) {
            case 0: try await repository.foldRecent()
            case 1: repository = SQLiteResults(database: store.database)
            default:
                var batch: [CheckResult] = []
                for _ in 0..<Int.random(in: 1...12, using: &random) {
                    guard let monitor = monitors.randomElement(using: &random) else { continue }
                    // Mostly in order; sometimes late or repeated.
                    let back = Int.random(in: 0..<8, using: &random) == 0 ? Int.random(in: 0...90, using: &random) : 0
                    let due = Timestamp.start + .seconds(step - back)
                    batch.append(.sample(monitor, at: due))
                }
                var new = 0
                for result in batch where model[result.monitorID]?[result.id] == nil {
                    model[result.monitorID, default: [:]][result.id] = result
                    new += 1
                }
                #expect(try await repository.append(batch) == new, "seed \(seed), step \(step)")
            }
            guard let monitor = monitors.randomElement(using: &random) else { continue }
            let expected = (model[monitor] ?? [:]).values.sorted { $0.id > $1.id }
            let limit = Int.random(in: 1...200, using: &random)
            let newest = Array(expected.prefix(limit))
            #expect(try await repository.history(monitor, limit: limit) == newest, "seed \(seed)")
            guard let some = expected.randomElement(using: &random) else { continue }
            let before = expected.filter { $0.id < some.id }
            #expect(try await repository.history(monitor, in: .init(before: some.id), limit: 500) == before)
            let from = expected.filter { $0.scheduledAt >= some.scheduledAt }
            #expect(try await repository.history(monitor, in: .init(from: some.scheduledAt), limit: 500) == from)
            #expect(try await repository.result(monitor, id: some.id)?.id == some.id)
            #expect(try await repository.result(monitor, id: some.id + 7) == nil)
            #expect(try await repository.latest(for: [monitor])[monitor] == expected.first)
        }
    }

    @Test(arguments: [DatabaseBackend.sqlite])
    func interruptedFoldIsRestarted(_ backend: DatabaseBackend) async throws {
        let store = try await Store(backend)
        let monitor = try await store.add(1).id
        let results = (0..<10).map { CheckResult.sample(monitor, at: .start + .seconds(60 * $0)) }
        _ = try await store.results.append(results)
        // As if the process had died after copying and before removing.
        _ = try await store.database.transaction { session throws(SQLError) in
            try await session.execute(
                """
                INSERT INTO results (monitor_id, scheduled_at, region, reason, status_code, latency, observation, facts)
                SELECT monitor_id, scheduled_at, region, reason, status_code, latency, observation, facts
                FROM recent_results WHERE sequence <= 6
                """
            )
        }
        let restarted = SQLiteResults(database: store.database)
        #expect(try await restarted.history(monitor, limit: 100) == results.reversed())
        #expect(try await restarted.foldRecent() == 10)
        #expect(try await restarted.history(monitor, limit: 100) == results.reversed())
        #expect(try await store.count("results") == 10)
        #expect(try await store.count("recent_results") == 0)
    }

    @Test(arguments: [DatabaseBackend.sqlite])
    func foldingIsRequestedWhenWorthwhile(_ backend: DatabaseBackend) async throws {
        let store = try await Store(backend)
        let monitor = try await store.add(1).id
        let sqlite = SQLiteResults(database: store.database)
        for batch in 0..<20 {
            #expect(!sqlite.wantsFolding)
            _ = try await sqlite.append(
                (0..<1000).map { .sample(monitor, at: .start + .milliseconds(batch * 1000 + $0)) }
            )
        }
        #expect(sqlite.wantsFolding)
        #expect(try await sqlite.foldRecent() == 20_000)
        #expect(!sqlite.wantsFolding)
        #expect(try await store.count("results") == 20_000)
    }
}
