import Glibc
import SQLite
import TestSupport
import Testing

@Suite struct DatabaseFilesTests {
    private func mode(_ path: String) -> mode_t? {
        var status = stat()
        return stat(path, &status) == 0 ? status.st_mode & 0o777 : nil
    }

    @Test func newDatabaseFilesAreReadableOnlyByTheirOwner() async throws {
        let file = DatabaseFile()
        defer { file.remove() }
        let database = try await SQLiteDatabase.open(path: file.path)
        _ = try await database.execute("CREATE TABLE a (b INTEGER)", [])
        for suffix in ["", "-wal", "-shm"] { #expect(mode(file.path + suffix) == 0o600, "\(suffix)") }
        await database.close()
    }

    @Test func permissionsOfOthersAreRemoved() async throws {
        let file = DatabaseFile()
        defer { file.remove() }
        await (try SQLiteDatabase.open(path: file.path)).close()
        chmod(file.path, 0o644)
        #expect(DatabaseFiles.tighten(file.path) == [file.path])
        #expect(mode(file.path) == 0o600)
        #expect(DatabaseFiles.tighten(file.path).isEmpty)
        chmod(file.path, 0o400)
        #expect(DatabaseFiles.tighten(file.path).isEmpty, "nobody else had any")
        #expect(DatabaseFiles.tighten("/nonexistent/x.db").isEmpty)
    }
}
