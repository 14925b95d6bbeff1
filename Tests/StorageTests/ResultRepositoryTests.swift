import Base
import Domain
import SQL
import Results
import Storage
import TestSupport
import Testing
import Results

@Suite struct ResultRepositoryTests {
    @Test(arguments: DatabaseBackend.allCases, [UInt64(1), 2])
    func everyResultRoundTrips(_ backend: DatabaseBackend, _ seed: UInt64) async throws {
        let store = try await Store(backend)
        let monitor = try await store.add(1)
        var random = SeededGenerator(seed: seed)
        let results = (0..<1000).map { CheckResult.random(monitor.id, at: .start + .seconds(10 * $0), &random) }
        for start in stride(from: 0, to: 1000, by: 130) {
            let part = Array(results[start..<min(start + 130, 1000)])
            #expect(try await store.results.append(part) == part.count)
        }
        let back = try await store.results.history(monitor.id, limit: 2000)
        #expect(back.count == 1000)
        for (stored, original) in zip(back.reversed(), results) { #expect(stored == original, "seed \(seed)") }
    }

    @Test(arguments: DatabaseBackend.allCases) func repeatedResultCountsOnce(_ backend: DatabaseBackend) async throws {
        let store = try await Store(backend)
        let monitor = try await store.add(1)
        let results = (0..<5).map { CheckResult.sample(monitor.id, at: .start + .seconds(60 * $0)) }
        #expect(try await store.results.append(results) == 5)
        #expect(try await store.results.append(results) == 0)
        var elsewhere = results[0]
        elsewhere.region = RegionID(rawValue: 7)
        #expect(try await store.results.append([results[4], elsewhere]) == 1)
        #expect(try await store.results.history(monitor.id, limit: 99).count == 6)
        #expect(try await store.count("observations") == 1)
    }

    /// A second process finds what the first one stored.
    @Test(arguments: DatabaseBackend.allCases) func observationsAreSharedByRepositories(_ backend: DatabaseBackend)
        async throws
    {
        let store = try await Store(backend)
        let monitor = try await store.add(1)
        _ = try await store.results.append([.sample(monitor.id, at: .start)])
        let other = ResultBackend(of: store.database).make(on: store.database)
        let next = CheckResult.sample(monitor.id, at: .start + .seconds(86_400 * 3))
        _ = try await other.append([next])
        #expect(try await store.count("observations") == 1)
        #expect(try await other.history(monitor.id, limit: 1) == [next])
    }

    @Test(arguments: DatabaseBackend.allCases) func failedBatchLeavesTheCacheUnchanged(_ backend: DatabaseBackend)
        async throws
    {
        let store = try await Store(backend)
        let monitor = try await store.add(1)
        try await store.database.execute("ALTER TABLE results RENAME TO hidden")
        await #expect(throws: SQLError.self) { try await store.results.append([.sample(monitor.id, at: .start)]) }
        try await store.database.execute("ALTER TABLE hidden RENAME TO results")
        #expect(try await store.count("observations") == 0)
        #expect(try await store.results.append([.sample(monitor.id, at: .start)]) == 1)
        #expect(try await store.results.history(monitor.id, limit: 1) == [.sample(monitor.id, at: .start)])
    }

    @Test(arguments: DatabaseBackend.allCases, [UInt64(1), 2, 3])
    func windowsAgreeWithAModel(_ backend: DatabaseBackend, _ seed: UInt64) async throws {
        let store = try await Store(backend)
        var random = SeededGenerator(seed: seed)
        let (monitor, other) = (try await store.add(1), try await store.add(2))
        var model: [CheckResult] = []
        for _ in 0..<200 {
            let time = Timestamp.start + .seconds(Int64.random(in: 0..<100, using: &random))
            let result = CheckResult.sample(monitor.id, at: time, region: UInt16.random(in: 0...2, using: &random))
            if !model.contains(where: { $0.id == result.id }) { model.append(result) }
            _ = try await store.results.append([result, .sample(other.id, at: time)])
        }
        model.sort { $0.id > $1.id }
        for _ in 0..<100 {
            func time() -> Timestamp? {
                Bool.random(using: &random) ? .start + .seconds(Int64.random(in: -5...105, using: &random)) : nil
            }
            let before = Bool.random(using: &random) ? model.randomElement(using: &random)?.id : nil
            let window = ResultWindow(before: before, from: time(), to: time())
            let limit = Int.random(in: 0...50, using: &random)
            let expected = model.filter { result in
                (before.map { result.id < $0 } ?? true) && (window.from.map { result.scheduledAt >= $0 } ?? true)
                    && (window.to.map { result.scheduledAt < $0 } ?? true)
            }
            let found = try await store.results.history(monitor.id, in: window, limit: limit)
            #expect(found == Array(expected.prefix(limit)), "seed \(seed) \(window)")
        }
    }

    @Test(arguments: DatabaseBackend.allCases) func latestResultOfEachMonitorIsFound(_ backend: DatabaseBackend)
        async throws
    {
        let store = try await Store(backend)
        let monitors = [try await store.add(1), try await store.add(2), try await store.add(3)]
        for second in [0, 60, 30] {
            _ = try await store.results.append([.sample(monitors[0].id, at: .start + .seconds(second))])
        }
        _ = try await store.results.append([.sample(monitors[1].id, at: .start)])
        let latest = try await store.results.latest(for: monitors.map(\.id))
        #expect(latest.mapValues(\.scheduledAt) == [monitors[0].id: .start + .seconds(60), monitors[1].id: .start])
    }

    @Test(arguments: DatabaseBackend.allCases) func newestTenEvidencesAreKept(_ backend: DatabaseBackend)
        async throws
    {
        let store = try await Store(backend)
        let monitor = try await store.add(1)
        let failures = (0..<15).map {
            CheckResult.failure(monitor.id, at: .start + .seconds(60 * $0), body: "body \($0) ü")
        }
        for failure in failures { _ = try await store.results.append([failure]) }
        for (index, failure) in failures.enumerated() {
            var expected = failure
            if index < 5 { expected.outcome.evidence = nil }
            #expect(try await store.results.result(monitor.id, id: failure.id) == expected)
        }
        #expect(try await store.results.result(monitor.id, id: 5) == nil)
    }

    @Test(arguments: DatabaseBackend.allCases) func onlyNewerStatesAreStored(_ backend: DatabaseBackend)
        async throws
    {
        let store = try await Store(backend)
        let monitor = try await store.add(1)
        let later = Timestamp.start + .seconds(60)
        let down = MonitorStatus(
            monitorID: monitor.id,
            state: .down,
            since: later,
            scheduledAt: later,
            reason: .connectRefused,
            verdict: ["open": true]
        )
        try await store.set(down)
        // An older state changes nothing.
        try await store.set(MonitorStatus(monitorID: monitor.id, state: .up, since: .start, scheduledAt: .start))
        #expect(try await store.statuses.verdicts(after: nil, limit: 9).map(\.status) == [down])
        #expect(try await store.statuses.verdicts(after: monitor.id, limit: 9).isEmpty)
        #expect(try await store.statuses.verdicts(of: [monitor.id, MonitorID(rawValue: 99)]).map(\.status) == [down])
        let item = try #require(try await store.monitors.list(limit: 1).items.first)
        #expect(item.state == .down && item.since == later)
    }

    @Test(arguments: DatabaseBackend.allCases, [1, 7, 1000])
    func retentionRemovesOldResultsInSteps(_ backend: DatabaseBackend, _ limit: Int) async throws {
        let store = try await Store(backend)
        let day: Int64 = 86_400
        for number in 1...5 {
            let monitor = try await store.add(number)
            for age in 0..<10 {
                let time = Timestamp.start + .seconds(day * Int64(age))
                var result = CheckResult.failure(monitor.id, at: time)
                result.outcome.failure?.message = "age \(age)"
                _ = try await store.results.append([result])
            }
        }
        let cutoff = Timestamp.start + .seconds(day * 6)
        var (cursor, deleted, steps) = (MonitorID?.none, 0, 0)
        repeat {
            let step = try await store.results.deleteBefore(cutoff, after: cursor, limit: limit)
            // PostgreSQL drops whole days.
            #expect(step.deleted <= limit || backend == .postgres)
            (cursor, deleted, steps) = (step.next, deleted + step.deleted, steps + 1)
        } while cursor != nil && steps < 1000
        #expect(deleted == 30)
        #expect(steps <= 30 / limit + 6)
        for number in 1...5 {
            let left = try await store.results.history(MonitorID(rawValue: Int64(number)), limit: 99)
            #expect(left.map { $0.outcome.failure?.message } == ["age 9", "age 8", "age 7", "age 6"])
        }
        #expect(try await store.count("failure_evidence") == 20)
        let observations = try await store.count("observations")
        #expect((20...25).contains(observations))
        // A forgotten observation is stored again, not referred to.
        let monitor = MonitorID(rawValue: 1)
        var again = CheckResult.failure(monitor, at: .start)
        again.outcome.failure?.message = "age 0"
        _ = try await store.results.append([again])
        #expect(try await store.results.result(monitor, id: again.id) == again)
    }

    @Test(arguments: DatabaseBackend.allCases)
    func damagedObservationIsMendedByTheNextResult(_ backend: DatabaseBackend) async throws {
        let store = try await Store(backend)
        let monitor = try await store.add(1).id
        _ = try await store.results.append([.sample(monitor, at: .start)])
        _ = try await store.database.execute("UPDATE observations SET content = 'zz'")
        #expect(try await store.results.history(monitor, limit: 9).isEmpty)
        // As the next process, which has nothing in memory.
        let restarted = ResultBackend(of: store.database).make(on: store.database)
        _ = try await restarted.append([.sample(monitor, at: .start + .seconds(60))])
        #expect(try await restarted.history(monitor, limit: 9).count == 2)
    }
}
