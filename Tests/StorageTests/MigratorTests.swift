import Base
import SQL
import SQLite
import Storage
import TestSupport
import Testing

@Suite struct MigratorTests {
    static func migration(_ version: Int, _ name: String, up: String? = nil) -> Migration {
        Migration(version: version, name: name) { _ in
            [up ?? "CREATE TABLE \(name) (id BIGINT)"]
        } down: { _ in
            ["DROP TABLE \(name)"]
        }
    }
    static let three = [migration(1, "a"), migration(2, "b"), migration(3, "c")]

    @Test(arguments: DatabaseBackend.allCases) func migrationsGoUpAndDownStepByStep(_ backend: DatabaseBackend)
        async throws
    {
        let database = try await backend.open()
        let migrator = Migrator(database: database, migrations: Self.three)
        #expect(try await migrator.up(to: 2, now: .start) == [1, 2])
        #expect(try await migrator.status().map(\.appliedAt) == [.start, .start, nil])
        _ = try await database.query("SELECT id FROM b")
        #expect(try await migrator.up() == [3])
        #expect(try await migrator.up().isEmpty)
        #expect(try await migrator.down(steps: 2) == [3, 2])
        await #expect(throws: SQLError.self) { try await database.query("SELECT id FROM b") }
        #expect(try await migrator.status().map { $0.appliedAt != nil } == [true, false, false])
        #expect(try await migrator.down(steps: 5) == [1])
    }

    @Test(arguments: DatabaseBackend.allCases) func failedStepLeavesNothing(_ backend: DatabaseBackend) async throws {
        let database = try await backend.open()
        let broken = Migration(version: 2, name: "b") { _ in
            ["CREATE TABLE b (id BIGINT)", "CREATE NONSENSE"]
        } down: { _ in
            []
        }
        let error = await #expect(throws: MigrationError.self) {
            try await Migrator(database: database, migrations: [Self.three[0], broken]).up()
        }
        guard case .failed(version: 2, name: "b", .programming) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        await #expect(throws: SQLError.self) { try await database.query("SELECT id FROM b") }
        #expect(try await Migrator(database: database, migrations: Self.three).up() == [2, 3])
    }

    @Test(arguments: DatabaseBackend.allCases) func editedMigrationIsRefused(_ backend: DatabaseBackend) async throws {
        let database = try await backend.open()
        _ = try await Migrator(database: database, migrations: Self.three).up()
        var edited = Self.three
        edited[1] = Self.migration(2, "b", up: "CREATE TABLE b (id TEXT)")
        let migrator = Migrator(database: database, migrations: edited)
        await #expect(throws: MigrationError.changed(version: 2, name: "b")) { try await migrator.up() }
        await #expect(throws: MigrationError.changed(version: 2, name: "b")) { try await migrator.down(steps: 1) }
        await #expect(throws: MigrationError.changed(version: 2, name: "b")) { try await migrator.status() }
    }

    @Test(arguments: DatabaseBackend.allCases) func newerDatabaseIsRefused(_ backend: DatabaseBackend) async throws {
        let database = try await backend.open()
        _ = try await Migrator(database: database, migrations: Self.three).up()
        let old = Migrator(database: database, migrations: Array(Self.three.prefix(2)))
        let error = await #expect(throws: MigrationError.newerDatabase(found: 3, known: 2)) { try await old.up() }
        #expect(error?.description.contains("newer Sentinel") == true)
    }

    @Test func concurrentMigratorsApplyEachStepOnce() async throws {
        let file = DatabaseFile()
        defer { file.remove() }
        let databases = [
            try await SQLiteDatabase.open(path: file.path), try await SQLiteDatabase.open(path: file.path),
        ]
        let applied = try await withThrowingTaskGroup(of: [Int].self) { group in
            for database in databases {
                group.addTask {
                    try await Migrator(database: database, migrations: StorageSchema.migrations + more()).up()
                }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        #expect(applied.sorted() == Array(1...(StorageSchema.migrations.count + 5)))
        for database in databases { await database.close() }

        func more() -> [Migration] {
            (1...5).map { Self.migration(StorageSchema.migrations.count + $0, "extra\($0)") }
        }
    }

    @Test func schemaCanBeRevertedCompletely() async throws {
        let database = try await SQLiteDatabase.open(path: ":memory:")
        let migrator = Migrator(database: database, migrations: StorageSchema.migrations)
        _ = try await migrator.up()
        _ = try await migrator.down(steps: StorageSchema.migrations.count)
        let left = try await database.query("SELECT name FROM sqlite_schema WHERE name NOT LIKE 'sqlite_%'")
        #expect(try left.map { try $0.text(0) } == ["schema_migrations"])
        _ = try await migrator.up()
    }

    /// A released step is never edited: databases that have it would be refused.
    @Test func releasedStepsStayAsTheyAre() async throws {
        let database = try await SQLiteDatabase.open(path: ":memory:")
        let released = [
            "9a96103742699088", "61beada23d7cd906", "15fc66ab36a74c43", "e4ebb64705c89c3d", "58c94bf9a4bc5fe7",
            "44da1ab64a334606", "2393840b4586c39e", "c50e756224fe453b", "316b28f9f737a5f9",
        ]
        let checksums = StorageSchema.migrations.map { $0.checksum(database.dialect) }
        #expect(Array(checksums.prefix(released.count)) == released)
    }

    @Test func theTemplateNamesVersionAndTable() {
        let text = Migration.template(version: 7, name: "add_things")
        #expect(text.contains("static let version7 = Migration(version: 7, name: \"add_things\")"))
        #expect(text.contains("\\(dialect.identity)"))
    }
}
