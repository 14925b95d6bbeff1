import Base
import Domain
import Results
import SQL
import Storage
import TestSupport
import Testing

/// What every store of results promises, whatever it is made on.
@Suite(.timeLimit(.minutes(10))) struct ResultStoreContractTests {
    /// What should be stored, by monitor and id.
    private struct Model {
        var results: [MonitorID: [Int64: CheckResult]] = [:]

        /// How many of a batch are new.
        mutating func add(_ batch: [CheckResult]) -> Int {
            var new = 0
            for result in batch where results[result.monitorID]?[result.id] == nil {
                results[result.monitorID, default: [:]][result.id] = result
                new += 1
            }
            return new
        }

        func newestFirst(_ monitor: MonitorID) -> [CheckResult] {
            (results[monitor] ?? [:]).values.sorted { $0.id > $1.id }
        }
    }

    /// Several processes append results of several regions, late, repeated and out of order, while others read.
    @Test(arguments: ResultBackend.allCases, 0..<6)
    func everyWriterSeesOneHistory(_ backend: ResultBackend, _ seed: UInt64) async throws {
        var random = SeededGenerator(seed: seed)
        let store = try await Store(backend.database)
        var stores = (0..<3).map { _ in backend.make(on: store.database) }
        var monitors: [MonitorID] = []
        for number in 1...4 { monitors.append(try await store.add(number).id) }
        var model = Model()
        for step in 0..<150 {
            guard let index = stores.indices.randomElement(using: &random) else { continue }
            switch Int.random(in: 0..<12, using: &random) {
            case 0: _ = try await stores[index].maintain(everything: true)
            case 1: stores[index] = backend.make(on: store.database)
            default:
                let batch = self.batch(of: monitors, at: step, &random)
                #expect(try await stores[index].append(batch) == model.add(batch), "seed \(seed), step \(step)")
            }
            guard let monitor = monitors.randomElement(using: &random),
                let reader = stores.randomElement(using: &random)
            else { continue }
            try await expect(reader, model, monitor, &random)
        }
    }

    private func batch(of monitors: [MonitorID], at step: Int, _ random: inout SeededGenerator) -> [CheckResult] {
        var batch: [CheckResult] = []
        for _ in 0..<Int.random(in: 1...12, using: &random) {
            guard let monitor = monitors.randomElement(using: &random) else { continue }
            let isLate = Int.random(in: 0..<4, using: &random) == 0
            let back = isLate ? Int.random(in: 0...100, using: &random) : 0
            let region = UInt16.random(in: 0...2, using: &random)
            batch.append(.sample(monitor, at: .start + .seconds(step - back), region: region))
        }
        return batch
    }

    private func expect(
        _ reader: any ResultStore,
        _ model: Model,
        _ monitor: MonitorID,
        _ random: inout SeededGenerator
    ) async throws {
        let expected = model.newestFirst(monitor)
        let limit = Int.random(in: 1...200, using: &random)
        #expect(try await reader.history(monitor, limit: limit) == Array(expected.prefix(limit)))
        #expect(try await reader.latest(for: [monitor])[monitor] == expected.first)
        let replayed = try await reader.replay(
            monitor,
            from: Timestamp(milliseconds: 0),
            to: .distantFuture,
            into: [(Int64, Int64)]()
        ) { $0.append(($1.due, $1.region)) }
        #expect(replayed.map(\.0) == expected.reversed().map(\.scheduledAt.milliseconds))
        #expect(replayed.map(\.1) == expected.reversed().map { Int64($0.region.rawValue) })
        guard let some = expected.randomElement(using: &random) else { return }
        var ofRegion = ResultWindow(before: some.id)
        ofRegion.region = some.region
        let same = expected.filter { $0.region == some.region && $0.id < some.id }
        #expect(try await reader.history(monitor, in: ofRegion, limit: limit) == Array(same.prefix(limit)))
        let older = expected.filter { $0.id < some.id }
        #expect(try await reader.history(monitor, in: ResultWindow(before: some.id), limit: 5000) == older)
        let window = ResultWindow(from: some.scheduledAt, to: some.scheduledAt + .seconds(10))
        let within = expected.filter {
            $0.scheduledAt >= some.scheduledAt && $0.scheduledAt < some.scheduledAt + .seconds(10)
        }
        #expect(try await reader.history(monitor, in: window, limit: 5000) == within)
        #expect(try await reader.result(monitor, id: some.id)?.id == some.id)
    }

    @Test(arguments: ResultBackend.allCases)
    func processesThatAppendAtOnceLoseNothing(_ backend: ResultBackend) async throws {
        let store = try await Store(backend.database)
        var monitors: [MonitorID] = []
        for number in 1...8 { monitors.append(try await store.add(number).id) }
        let (writers, rounds) = (4, 60)
        try await withThrowingTaskGroup(of: Int.self) { [monitors] group in
            for writer in 0..<writers {
                let mine = backend.make(on: store.database)
                group.addTask {
                    var new = 0
                    for round in 0..<rounds {
                        // Each result is sent by two of them.
                        let batch = monitors.map { monitor in
                            CheckResult.sample(monitor, at: .start + .seconds(round), region: UInt16(writer / 2))
                        }
                        new += try await mine.append(batch)
                        if round % 20 == 19 { _ = try await mine.maintain(everything: true) }
                    }
                    return new
                }
            }
            let stored = try await group.reduce(0, +)
            #expect(stored == monitors.count * rounds * writers / 2)
        }
        let reader = backend.make(on: store.database)
        for monitor in monitors {
            let history = try await reader.history(monitor, limit: 10_000)
            #expect(history.count == rounds * writers / 2)
            #expect(Set(history.map(\.id)).count == history.count)
        }
    }

    @Test(arguments: ResultBackend.allCases)
    func resultsOfAMonitorThatIsGoneArePassedOver(_ backend: ResultBackend) async throws {
        let store = try await Store(backend.database)
        let monitor = try await store.add(1).id
        let results = backend.make(on: store.database)
        let batch = [CheckResult.sample(monitor, at: .start), .sample(MonitorID(rawValue: 99), at: .start)]
        #expect(try await results.append(batch) == 1)
        #expect(try await results.append([]) == 0)
        #expect(try await results.history(MonitorID(rawValue: 99), limit: 9).isEmpty)
    }

    @Test(arguments: ResultBackend.allCases)
    func retentionRemovesWhatIsOlderAndNothingElse(_ backend: ResultBackend) async throws {
        let store = try await Store(backend.database)
        let results = backend.make(on: store.database)
        var monitors: [MonitorID] = []
        for number in 1...3 { monitors.append(try await store.add(number).id) }
        for day in 0..<50 {
            _ = try await results.append(monitors.map { .sample($0, at: .start + .seconds(day * 86_400)) })
        }
        var (after, deleted): (MonitorID?, Int) = (nil, 0)
        repeat {
            let step = try await results.deleteBefore(.start + .seconds(30 * 86_400), after: after, limit: 7)
            deleted += step.deleted
            after = step.next
        } while after != nil
        #expect(deleted == 90)
        for monitor in monitors {
            let left = try await results.history(monitor, limit: 100)
            #expect(left.map(\.scheduledAt) == (30..<50).reversed().map { .start + .seconds($0 * 86_400) })
        }
    }
}
