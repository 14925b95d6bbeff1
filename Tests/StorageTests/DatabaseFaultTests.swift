import Base
import Glibc
import SQL
import SQLite
import Storage
import TestSupport
import Testing

/// What calls say about a database, and what a look at it finds.
@Suite(.serialized) struct DatabaseFaultTests {
    private func open(_ path: String, maximumPages: Int? = nil) async throws -> SQLiteDatabase {
        var configuration = SQLiteConfiguration()
        configuration.busyTimeout = .milliseconds(20)
        configuration.maximumPages = maximumPages
        let database = try await SQLiteDatabase.open(path: path, configuration: configuration)
        _ = try await Migrator(database: database, migrations: StorageSchema.migrations).up()
        return database
    }

    private func look(_ database: any Database, later: Duration = .seconds(3600)) async -> SQLError? {
        await database.faults.look(now: { .now + later }) { () async throws(SQLError) in
            try await WriteProbe.run(database)
        }
        return database.faults.current
    }

    private func write(_ database: any Database, bytes: Int) async throws(SQLError) {
        _ = try await database.execute(
            "INSERT INTO leases (name, holder, token, beat, progress) VALUES ($1, $2, 0, 0, 0)",
            [.text("\(Base.UUID())"), .text(String(repeating: "x", count: bytes))]
        )
    }

    @Test("a database that can be written is looked at once, and keeps nothing of that") func works() async throws {
        let database = try await open(":memory:")
        #expect(database.faults.needsLook)
        #expect(await look(database) == nil)
        #expect(!database.faults.needsLook)
        #expect(try await database.query("SELECT name FROM leases").isEmpty)
    }

    @Test("a full database is known at once, and forgotten when there is room") func full() async throws {
        let file = DatabaseFile()
        defer { file.remove() }
        let database = try await open(file.path, maximumPages: 200)
        #expect(await look(database) == nil)
        await #expect(throws: SQLError.full) {
            for _ in 0..<1000 { try await write(database, bytes: 60_000) }
        }
        #expect(database.faults.current == .full)
        #expect(await look(database, later: .zero) == .full)
        _ = try await database.execute("DELETE FROM leases")
        #expect(await look(database, later: .zero) == .full, "a small write says little about a large one")
        #expect(await look(database) == nil)
        #expect(!database.faults.needsLook)
    }

    @Test("the log is written anew where there is no room for more of it", .enabled(if: Mount.isAllowed))
    func room() async throws {
        let mount = try Mount(bytes: 3 << 20)
        defer { mount.end() }
        var database = try await open(mount.folder + "/test.db")
        for _ in 0..<6 { try await write(database, bytes: 60_000) }
        _ = try await database.execute("DELETE FROM leases WHERE name > (SELECT MIN(name) FROM leases)")
        await database.close()
        database = try await open(mount.folder + "/test.db")
        // The same pages again and again, which have their place in the file.
        var failures = 0
        for round in 0..<400 {
            let text = String(repeating: "\(round % 10)", count: 60_000)
            do throws(SQLError) { _ = try await database.execute("UPDATE leases SET holder = $1", [.text(text)]) } catch
            {
                #expect(error == .full)
                failures += 1
            }
        }
        #expect(failures < 20)
        await database.close()
    }

    @Test("a file that was removed is found by any call, and by the look") func removed() async throws {
        let file = DatabaseFile()
        defer { file.remove() }
        let database = try await open(file.path)
        #expect(await look(database) == nil)
        for suffix in ["", "-wal", "-shm"] { unlink(file.path + suffix) }
        await #expect(throws: SQLError.self) { try await database.query("SELECT 1", []) }
        #expect(database.faults.needsLook && database.faults.current == nil)
        guard case .unavailable(let text) = await look(database) else {
            Issue.record("\(String(describing: database.faults.current))")
            return
        }
        #expect(text.contains("the file does not exist"))
    }

    @Test("a file that was cut off is damaged") func truncated() async throws {
        let file = DatabaseFile()
        defer { file.remove() }
        var database = try await open(file.path)
        for _ in 0..<20 { try await write(database, bytes: 10_000) }
        await database.close()
        database = try await open(file.path)
        #expect(await look(database) == nil)
        truncate(file.path, 4096 * 3)
        for suffix in ["-wal", "-shm"] { unlink(file.path + suffix) }
        await #expect(throws: SQLError.self) { try await database.query("SELECT holder FROM leases", []) }
        guard case .corrupt(let text) = database.faults.current else {
            Issue.record("\(String(describing: database.faults.current))")
            return
        }
        #expect(text.hasPrefix(file.path))
        #expect(await look(database, later: .zero) != nil, "only some pages are damaged")
    }

    @Test(
        "errors of callers say nothing about the database",
        arguments: [
            SQLError.unique(table: "t", columns: []), .constraint("check"), .fenced("a"), .conflict,
        ]
    )
    func callers(_ error: SQLError) async throws {
        let database = try await open(":memory:")
        #expect(await look(database) == nil)
        database.faults.note(error)
        #expect(!database.faults.needsLook)
    }
}
