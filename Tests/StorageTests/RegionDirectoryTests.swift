import Base
import Domain
import HTTPCheck
import SQL
import Storage
import TestSupport
import Testing

/// The names and numbers of regions.
@Suite(.timeLimit(.minutes(10))) struct RegionDirectoryTests {
    private func names(_ names: String...) throws -> [RegionName] {
        try names.map { try #require(RegionName(rawValue: $0)) }
    }

    private func draft(_ number: Int, _ regions: [RegionName]) -> MonitorDraft {
        var draft = MonitorDraft.sample(number)
        draft.alerting.regions = regions
        return draft
    }

    @Test(arguments: DatabaseBackend.allCases)
    func eachNameHasOneNumberForEver(_ backend: DatabaseBackend) async throws {
        let store = try await Store(backend)
        let directory = RegionDirectory(database: store.database, standard: .local)
        let (eu, us, local) = (try names("eu")[0], try names("us")[0], RegionName.local)
        let first = try await store.monitors.insert(draft(1, [local, eu]), now: .start)
        #expect(directory.region(eu) == nil && directory.name(of: .local) == "local")
        try await directory.learn([eu])
        let number = try #require(directory.region(eu)?.id)
        #expect(number != .local && directory.name(of: number) == "eu")
        #expect(directory.region(local) == .local, "the default region has no other number")
        // A change may name further ones, and a region that is not named any more keeps its number.
        _ = try await store.monitors.update(first.id, now: .start) { $0.alerting.regions = [us] }
        _ = try await store.monitors.insert(draft(2, [us, eu]), now: .start)
        try await directory.learn([us])
        #expect(directory.region(eu)?.id == number)
        #expect(directory.region(us).map { ![.local, number].contains($0.id) } == true)
        #expect(try await store.count("regions") == 3)
        #expect(try await store.monitors.monitor(first.id)?.regions == [us])
    }

    @Test(arguments: DatabaseBackend.allCases)
    func manyWritersGiveNoNumberTwice(_ backend: DatabaseBackend) async throws {
        let store = try await Store(backend)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 1...20 {
                let draft = draft(number, try names("region-\(number % 7)", "own-\(number)"))
                group.addTask { _ = try await store.monitors.insert(draft, now: .start) }
            }
            try await group.waitForAll()
        }
        #expect(try await store.count("regions") == 27)
        let numbers = try await store.database.query("SELECT id FROM regions").map { try $0.integer(0) }
        #expect(Set(numbers).count == 27 && numbers.allSatisfy { $0 > 0 && $0 <= 999 })
    }

    @Test(arguments: DatabaseBackend.allCases)
    func theThousandthNameIsRefused(_ backend: DatabaseBackend) async throws {
        let store = try await Store(backend)
        _ = try await store.database.execute("INSERT INTO regions (id, name) VALUES (998, 'near')")
        let last = try await store.monitors.insert(draft(1, try names("last")), now: .start)
        #expect(last.regions == (try names("last")))
        let further = draft(2, try names("more"))
        do throws(StorageError) {
            _ = try await store.monitors.insert(further, now: .start)
            Issue.record("there is no number left")
        } catch {
            guard case .regions = error else { throw error }
        }
        // Nothing is left of it, and known names go on.
        _ = try await store.monitors.insert(draft(3, try names("near", "last")), now: .start)
        #expect(try await store.count("monitors") == 2)
    }

    @Test(arguments: DatabaseBackend.allCases)
    func verdictsKnowForHowLongAResultCounts(_ backend: DatabaseBackend) async throws {
        let store = try await Store(backend)
        let statuses = StatusRepository(database: store.database, settings: .forTests)
        var draft = draft(1, try names("eu", "us"))
        draft.interval = .seconds(30)
        draft.spec.http.options.timeout = .seconds(7)
        let named = try await store.monitors.insert(draft, now: .start)
        let plain = try await store.monitors.insert(.sample(2), now: .start)
        let rules = try await statuses.verdicts(of: [named.id, plain.id]).map(\.alerting.rule)
        #expect(rules.map(\.freshness) == [.seconds(67), nil])
        #expect(rules.map(\.regions) == [2, 1])
    }
}
