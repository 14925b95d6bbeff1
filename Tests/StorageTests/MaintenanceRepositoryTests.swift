import Base
import Domain
import SQL
import Storage
import TestSupport
import Testing

@Suite struct MaintenanceRepositoryTests {
    private static let now = Timestamp(milliseconds: 1_795_000_000_000)

    private func repository(_ backend: DatabaseBackend) async throws -> MaintenanceRepository {
        let database = try await backend.open()
        _ = try await Migrator(database: database, migrations: StorageSchema.migrations).up()
        return MaintenanceRepository(database: database)
    }

    private static func plan(_ name: String, _ schedule: MaintenancePlan.Schedule) -> MaintenancePlan {
        MaintenancePlan(name: name, schedule: schedule, createdAt: now)
    }

    @Test(
        arguments: DatabaseBackend.allCases,
        [
            #"{"type":"once","start":"2026-11-30T01:00:00.000Z","end":"2026-11-30T02:00:00.000Z"}"#,
            #"{"type":"weekly","weekdays":["fri","sun"],"start":"02:30","duration_minutes":90}"#,
            #"{"type":"cron","expression":"*/5 * * * 1-5","duration_minutes":1}"#,
        ]
    )
    func windowsRoundTrip(_ backend: DatabaseBackend, _ text: String) async throws {
        let schedule = try #require(MaintenancePlan.Schedule(json: try JSONValue(parsing: text)))
        #expect(schedule.json.description == text)
        let repository = try await repository(backend)
        var draft = Self.plan("a", schedule)
        (draft.zone, draft.comment, draft.isEnabled) = ("Europe/Berlin", "why\nnot", false)
        (draft.from, draft.until) = (Self.now, Self.now + .seconds(1))
        draft.matchers = [try LabelMatcher("tag=a b"), try LabelMatcher("name!~x*|y")]
        let stored = try await repository.insert(draft)
        #expect(stored == draft.numbered(stored.id) && stored.id == 1)
        #expect(try await repository.plan(1) == stored)
        var changed = stored
        (changed.name, changed.from, changed.matchers) = ("b", nil, [])
        try await repository.update(changed)
        #expect(try await repository.list() == [changed])
        #expect(try await repository.delete(1))
        #expect(try await repository.delete(1) == false)
        await #expect(throws: StorageError.notFound) { try await repository.update(changed) }
    }

    @Test(arguments: DatabaseBackend.allCases) func namesAreUniqueAndWindowsAreBounded(
        _ backend: DatabaseBackend
    ) async throws {
        let repository = try await repository(backend)
        let schedule = MaintenancePlan.Schedule.cron("@daily", lasting: .seconds(60))
        for number in 1...MaintenanceLimits.windows {
            _ = try await repository.insert(Self.plan("w\(number)", schedule))
        }
        await #expect(throws: StorageError.conflict) { try await repository.insert(Self.plan("one more", schedule)) }
        _ = try await repository.delete(7)
        await #expect(throws: StorageError.duplicate(.name)) { try await repository.insert(Self.plan("w1", schedule)) }
        _ = try await repository.insert(Self.plan("one more", schedule))
    }
}
