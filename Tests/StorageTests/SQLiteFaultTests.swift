import Results
import Base
import Domain
import Glibc
import SQL
import SQLite
import Storage
import TestSupport
import Testing
import Results

/// A file that is full, locked, read-only, damaged, moved or half-written.
@Suite(.serialized) struct SQLiteFaultTests {
    private static let row: [SQLValue] = [.blob([UInt8](repeating: 7, count: 3000))]

    private func open(_ path: String, maximumPages: Int? = nil) async throws(SQLError) -> SQLiteDatabase {
        var configuration = SQLiteConfiguration()
        configuration.busyTimeout = .milliseconds(20)
        configuration.maximumPages = maximumPages
        return try await SQLiteDatabase.open(path: path, configuration: configuration)
    }

    private func insert(_ database: SQLiteDatabase) async throws(SQLError) {
        try await database.transaction { session throws(SQLError) in
            _ = try await session.execute("INSERT INTO t VALUES ($1)", Self.row)
        }
    }

    private func count(_ database: SQLiteDatabase) async throws -> Int64 {
        try #require(try await database.query("SELECT COUNT(*) FROM t").first?.integer(0))
    }

    /// Inserts until it fails; returns the number of rows and the error.
    private func fill(_ database: SQLiteDatabase) async throws -> (Int64, SQLError?) {
        for inserted in 0..<Int64(10_000) {
            do throws(SQLError) { try await insert(database) } catch { return (inserted, error) }
        }
        return (10_000, nil)
    }

    @Test func fullFileRefusesAndRecovers() async throws {
        let file = DatabaseFile()
        defer { file.remove() }
        let database = try await open(file.path, maximumPages: 50)
        try await database.execute("CREATE TABLE t (b BLOB)")
        let (inserted, error) = try await fill(database)
        #expect(error == .full)
        #expect(try await count(database) == inserted)
        try await database.execute("DELETE FROM t")
        try await insert(database)
        #expect(try await count(database) == 1)
    }

    @Test(.enabled(if: Mount.isAllowed)) func fullDiskRefusesAndRecovers() async throws {
        let mount = try Mount(bytes: 1 << 20)
        defer { mount.end() }
        let database = try await open(mount.folder + "/test.db")
        try await database.execute("CREATE TABLE t (b BLOB)")
        let ballast = mount.folder + "/ballast"
        DatabaseFile.write([UInt8](repeating: 1, count: 300_000), to: ballast)
        let (inserted, error) = try await fill(database)
        #expect(error == .full)
        #expect(try await count(database) == inserted)
        unlink(ballast)
        try await insert(database)
        #expect(try await count(database) == inserted + 1)
        #expect(try await database.query("PRAGMA integrity_check").first?[0] == .text("ok"))
        await database.close()
    }

    @Test(.enabled(if: Immutable.isAllowed)) func readOnlyFileIsReadAndRecovers() async throws {
        let file = DatabaseFile()
        defer { file.remove() }
        var database = try await open(file.path)
        try await database.execute("CREATE TABLE t (b BLOB)")
        try await insert(database)
        await database.close()
        Immutable.set(file.path, true)
        defer { Immutable.set(file.path, false) }
        database = try await open(file.path)
        #expect(try await count(database) == 1)
        await #expect(throws: SQLError.readOnly) { try await insert(database) }
        Immutable.set(file.path, false)
        try await insert(database)
        #expect(try await count(database) == 2)
        await database.close()
    }

    @Test func lockedFileIsBusyUntilReleased() async throws {
        let file = DatabaseFile()
        defer { file.remove() }
        let database = try await open(file.path)
        try await database.execute("CREATE TABLE t (b BLOB)")
        let other = try await open(file.path)
        try await other.transaction { session throws(SQLError) in
            _ = try await session.execute("INSERT INTO t VALUES ($1)", Self.row)
            do throws(SQLError) {
                try await insert(database)
                Issue.record("the lock was not seen")
            } catch { #expect(error == .busy) }
            // Readers continue and see what was committed before.
            #expect(try await database.query("SELECT COUNT(*) FROM t").first?[0] == 0)
        }
        try await insert(database)
        #expect(try await count(database) == 2)
    }

    @Test func otherFilesAreRefused() async throws {
        let file = DatabaseFile()
        defer { file.remove() }
        DatabaseFile.write([UInt8](repeating: 65, count: 5000), to: file.path)
        let error = await #expect(throws: SQLError.self) { try await open(file.path) }
        #expect(error?.label == "corrupt")
        #expect(error?.text.hasPrefix("\(file.path): ") == true, "it says which file")
    }

    @Test func damagedFileIsReportedAndRecoversWhenRestored() async throws {
        let file = DatabaseFile()
        defer { file.remove() }
        var database = try await open(file.path)
        try await database.execute("CREATE TABLE t (b BLOB)")
        for _ in 0..<50 { try await insert(database) }
        await database.close()
        let good = DatabaseFile.bytes(of: file.path)
        var bad = good
        for index in 4096..<bad.count { bad[index] = 0xA5 }
        DatabaseFile.write(bad, to: file.path)
        database = try await open(file.path)
        let error = await #expect(throws: SQLError.self) { try await insert(database) }
        #expect(error?.label == "corrupt")
        #expect(error?.text.hasPrefix("\(file.path): ") == true, "it says which file")
        let other = DatabaseFile()
        defer { other.remove() }
        DatabaseFile.write(good, to: other.path)
        #expect(rename(other.path, file.path) == 0)
        try await insert(database)
        #expect(try await count(database) == 51)
    }

    @Test func movedFileIsNotWritten() async throws {
        let file = DatabaseFile()
        defer { file.remove() }
        let database = try await open(file.path)
        try await database.execute("CREATE TABLE t (b BLOB)")
        try await insert(database)
        #expect(rename(file.path, file.path + "-away") == 0)
        let error = await #expect(throws: SQLError.self) { try await insert(database) }
        #expect(error == .unavailable("cannot open \(file.path): the file does not exist"))
        #expect(rename(file.path + "-away", file.path) == 0)
        try await insert(database)
        #expect(try await count(database) == 2)
        await database.close()
    }

    @Test func invalidPathIsExplained() async throws {
        let file = DatabaseFile()
        defer { file.remove() }
        let missing = file.folder + "/none/x.db"
        await #expect(
            throws: SQLError.unavailable("cannot open \(missing): the folder \(file.folder)/none does not exist")
        ) { try await open(missing) }
        let folder = await #expect(throws: SQLError.self) { try await open(file.folder) }
        #expect(folder?.label == "unavailable")
    }

    /// The child process is killed in the middle of a transaction, without closing anything.
    @Test func killedProcessLosesNoCommittedBatch() async throws {
        let file = DatabaseFile()
        defer { file.remove() }
        let path = file.path
        await #expect(processExitsWith: .signal(SIGKILL)) { [path = path as String] in
            let store = try await Store(try await SQLiteDatabase.open(path: path))
            let monitor = try await store.add(1)
            for batch in 0..<50 {
                let results = (0..<20).map {
                    CheckResult.sample(monitor.id, at: .start + .seconds(10 * (batch * 20 + $0)))
                }
                _ = try await store.results.append(results)
                if batch == 30 { _ = try await store.results.maintain(everything: true) }
            }
            try await store.database.transaction { session throws(SQLError) in
                _ = try await session.execute("DELETE FROM recent_results")
                _ = try await session.execute("DELETE FROM results")
                kill(getpid(), SIGKILL)
            }
        }
        let store = try await Store(try await SQLiteDatabase.open(path: path))
        #expect(try await store.results.history(MonitorID(rawValue: 1), limit: 5000).count == 1000)
        #expect(try await store.database.query("PRAGMA integrity_check").first?[0] == .text("ok"))
        #expect(try await store.results.append([.sample(MonitorID(rawValue: 1), at: .start)]) == 0)
    }

    @Test func closingRemovesTheWriteAheadLog() async throws {
        let file = DatabaseFile()
        defer { file.remove() }
        let database = try await open(file.path)
        try await database.execute("CREATE TABLE t (b BLOB)")
        try await insert(database)
        #expect(access(file.path + "-wal", F_OK) == 0)
        await database.close()
        #expect(access(file.path + "-wal", F_OK) != 0)
        #expect(try await count(try await open(file.path)) == 1)
    }
}
