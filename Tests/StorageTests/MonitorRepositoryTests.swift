import Results
import HTTPCheck
import Base
import Domain
import SQL
import Storage
import TestSupport
import Testing

@Suite struct MonitorRepositoryTests {
    @Test(arguments: DatabaseBackend.allCases) func monitorsRoundTrip(_ backend: DatabaseBackend)
        async throws
    {
        let store = try await Store(backend)
        var draft = MonitorDraft.sample(1, tags: ["web", "api", "web"])
        draft.spec.http.options.keyword = "ok"
        draft.interval = .seconds(30)
        let made = try await store.monitors.insert(draft, now: .start)
        #expect(made.tags == ["api", "web"])
        #expect(made.spec == draft.spec && made.interval == .seconds(30) && made.createdAt == .start)
        #expect(try await store.monitors.monitor(made.id) == made)
        #expect(try await store.monitors.monitor(MonitorID(rawValue: 99)) == nil)
        #expect(try await store.statuses.status(made.id)?.state == .unknown)
    }

    @Test(arguments: DatabaseBackend.allCases) func duplicatesAreRefused(_ backend: DatabaseBackend) async throws {
        let store = try await Store(backend)
        let first = try await store.add(1)
        let second = try await store.add(2, tags: ["t"])
        var draft = MonitorDraft.sample(3)
        draft.name = first.name
        await #expect(throws: StorageError.duplicate(.name)) { try await store.monitors.insert(draft, now: .start) }
        draft = MonitorDraft.sample(3)
        draft.spec.http.url = first.spec.target
        await #expect(throws: StorageError.duplicate(.url)) {
            try await store.monitors.insert(draft, uniqueURL: true, now: .start)
        }
        await #expect(throws: StorageError.duplicate(.name)) {
            try await store.monitors.update(second.id, now: .start) { $0.name = first.name }
        }
        #expect(try await store.monitors.monitor(second.id) == second)
        #expect(try await store.monitors.revision() == second.revision)
        // The same URL may be monitored in another way.
        #expect(try await store.monitors.insert(draft, now: .start).spec.target == first.spec.target)
    }

    @Test(arguments: DatabaseBackend.allCases) func changesRaiseTheRevision(_ backend: DatabaseBackend) async throws {
        let store = try await Store(backend)
        let made = try await store.add(1, tags: ["a"])
        let later = Timestamp.start + .seconds(5)
        let changed = try await store.monitors.update(made.id, expected: made.revision, now: later) {
            $0.isActive = false
            $0.tags = ["b"]
            $0.spec.http.options.method = "HEAD"
        }
        #expect(changed.revision > made.revision && changed.updatedAt == later && changed.createdAt == .start)
        #expect(changed.tags == ["b"] && !changed.isActive && changed.spec.http.options.method == "HEAD")
        #expect(try await store.monitors.monitor(made.id) == changed)
        await #expect(throws: StorageError.conflict) {
            try await store.monitors.update(made.id, .sample(1), expected: made.revision, now: later)
        }
        await #expect(throws: StorageError.notFound) {
            try await store.monitors.update(MonitorID(rawValue: 99), .sample(9), now: later)
        }
        #expect(try await store.monitors.list(MonitorFilter(tag: "a"), limit: 9).items.isEmpty)
        #expect(try await store.monitors.list(MonitorFilter(tag: "b"), limit: 9).items.count == 1)
    }

    @Test(arguments: DatabaseBackend.allCases) func deletedMonitorIsGoneAtOnce(_ backend: DatabaseBackend) async throws
    {
        let store = try await Store(backend)
        let monitor = try await store.add(1, tags: ["a"])
        let other = try await store.add(2)
        let failures = (0..<25).map { CheckResult.failure(monitor.id, at: .start + .seconds(60 * $0)) }
        #expect(try await store.results.append(failures + [.sample(other.id, at: .start)]) == 26)
        _ = try await store.results.maintain(everything: true)
        #expect(try await store.monitors.delete(monitor.id, now: .start))
        #expect(try await store.monitors.delete(monitor.id, now: .start) == false)
        #expect(try await store.monitors.monitor(monitor.id) == nil)
        #expect(try await store.monitors.list(limit: 9).items.map(\.monitor.id) == [other.id])
        // A result that arrives late is ignored.
        #expect(try await store.results.append([.failure(monitor.id, at: .start + .seconds(9000))]) == 0)

        #expect(try await store.monitors.deleted() == monitor.id)
        var steps = 1
        while try await store.results.deleteAll(of: monitor.id, limit: 10) { steps += 1 }
        #expect(steps == 3)
        try await store.monitors.purged(monitor.id)
        #expect(try await store.monitors.deleted() == nil)
        #expect(try await store.count("results") == 1)
        #expect(try await store.count("observations") == 1)
        #expect(try await store.count("failure_evidence") == 0)
        #expect(try await store.count("deleted_monitors") == 1)
        try await store.monitors.forgetDeletions(now: .start)
        #expect(try await store.count("deleted_monitors") == 1)
        try await store.monitors.forgetDeletions(now: .start + .seconds(90_000))
        #expect(try await store.count("deleted_monitors") == 0)
        // The number is not reused, the name is.
        #expect(try await store.add(1).id > other.id)
    }

    @Test(arguments: DatabaseBackend.allCases) func changesAreListedInOrder(_ backend: DatabaseBackend) async throws {
        let store = try await Store(backend)
        let monitors = [try await store.add(1), try await store.add(2), try await store.add(3)]
        #expect(try await store.monitors.changed(since: 0, limit: 9).events == monitors.map { .changed($0) })
        let seen = try await store.monitors.revision()
        let changed = try await store.monitors.update(monitors[0].id, now: .start) { $0.name = "new" }
        _ = try await store.monitors.delete(monitors[1].id, now: .start)
        let changes = try await store.monitors.changed(since: seen, limit: 9)
        #expect(changes.events == [.changed(changed), .deleted(monitors[1].id)])
        #expect(try await store.monitors.changed(since: seen, limit: 1).events == [.changed(changed)])
        #expect(try await store.monitors.changed(since: changes.next, limit: 9).events.isEmpty)
    }

    @Test(
        "a deleted counter of revisions is said, and made anew behind every known change",
        arguments: DatabaseBackend.allCases
    )
    func missingCounter(_ backend: DatabaseBackend) async throws {
        let store = try await Store(backend)
        let first = try await store.add(1)
        _ = try await store.add(2)
        _ = try await store.monitors.delete(MonitorID(rawValue: 2), now: .start)
        let seen = try await store.monitors.revision()
        _ = try await store.database.execute("DELETE FROM monitor_revision")
        #expect(try await store.monitors.revision() <= seen)
        #expect(store.database.rowFaults.all.map(\.table) == ["monitor_revision"])
        let changed = try await store.monitors.update(first.id, now: .start) { $0.name = "new" }
        #expect(changed.revision > seen)
        #expect(try await store.monitors.changed(since: seen, limit: 9).events == [.changed(changed)])
        #expect(store.database.rowFaults.all.isEmpty)
        #expect(try await store.monitors.revision() == changed.revision)
        #expect(try await store.count("monitor_revision") == 1)
    }

    @Test(arguments: DatabaseBackend.allCases) func onlyActiveMonitorsAreScheduled(_ backend: DatabaseBackend)
        async throws
    {
        let store = try await Store(backend)
        var expected: [Monitor] = []
        for number in 1...10 {
            let monitor = try await store.add(number, isActive: number % 3 != 0)
            if monitor.isActive { expected.append(monitor) }
        }
        let first = try await store.monitors.active(limit: 4)
        let rest = try await store.monitors.active(after: first.next, limit: 100)
        #expect(first.monitors.count == 4)
        #expect(first.monitors + rest.monitors == expected)
    }

    @Test(
        arguments: DatabaseBackend.allCases,
        [
            ("SERVICE-2.", [2]), ("tor 1", [1]), ("%", [4]), ("_", [4]), ("\\", [4]), ("ÄRGER", [3]), ("nothing", []),
            ("", [1, 2, 3, 4]), ("\0", []), (String(repeating: "a", count: 60_000), []),
        ]
    ) func searchTakesTheTextLiterally(_ backend: DatabaseBackend, _ query: (String, [Int64])) async throws {
        let store = try await Store(backend)
        for number in 1...4 {
            var draft = MonitorDraft.sample(number)
            if number == 3 { draft.name = "großer Ärger" }
            if number == 4 { draft.name = "100%_\\" }
            _ = try await store.monitors.insert(draft, now: .start)
        }
        let filter = MonitorFilter(query: query.0)
        #expect(try await store.monitors.list(filter, limit: 9).items.map(\.monitor.id.rawValue) == query.1)
        #expect(try await store.monitors.count(filter) == query.1.count)
    }

    /// Pages over every combination of filters agree with filtering all monitors.
    @Test(arguments: DatabaseBackend.allCases, [UInt64(1), 2, 3])
    func listsAgreeWithAModel(_ backend: DatabaseBackend, _ seed: UInt64) async throws {
        let store = try await Store(backend)
        var random = SeededGenerator(seed: seed)
        var model: [MonitorID: (monitor: Monitor, state: MonitorState)] = [:]
        let tags = ["a", "b", "c"]
        for number in 1...60 {
            let some = tags.filter { _ in Bool.random(using: &random) }
            let monitor = try await store.add(number, tags: some, isActive: Bool.random(using: &random))
            model[monitor.id] = (monitor, .unknown)
            guard let id = model.keys.sorted().randomElement(using: &random), let entry = model[id] else { continue }
            switch Int.random(in: 0..<3, using: &random) {
            case 0:
                _ = try await store.monitors.delete(id, now: .start)
                model[id] = nil
            case 1:
                let changed = try await store.monitors.update(id, now: .start) { $0.isActive.toggle() }
                model[id] = (changed, entry.state)
            default:
                let state = MonitorState.allCases.randomElement(using: &random) ?? .up
                let change = MonitorStatus(monitorID: id, state: state, since: .start, scheduledAt: .start)
                try await store.set(change)
                model[id] = (entry.monitor, state)
            }
        }
        for tag in [nil] + tags.map(Optional.some) {
            for state in [nil] + MonitorState.allCases.map(Optional.some) {
                for isActive in [nil, true, false] {
                    let filter = MonitorFilter(query: "MONITOR", state: state, tag: tag, isActive: isActive)
                    let expected = model.values.filter {
                        (tag.map($0.monitor.tags.contains) ?? true) && (state ?? $0.state) == $0.state
                            && (isActive ?? $0.monitor.isActive) == $0.monitor.isActive
                    }.map(\.monitor).sorted { $0.id < $1.id }
                    #expect(try await Self.all(store, filter, limit: 7) == expected, "seed \(seed) \(filter)")
                    #expect(try await store.monitors.count(filter) == expected.count)
                }
            }
        }
    }

    private static func all(_ store: Store, _ filter: MonitorFilter, limit: Int) async throws -> [Monitor] {
        var found: [Monitor] = []
        var cursor: MonitorID?
        repeat {
            let page = try await store.monitors.list(filter, after: cursor, limit: limit)
            found += page.items.map(\.monitor)
            cursor = page.next
        } while cursor != nil
        return found
    }
}
