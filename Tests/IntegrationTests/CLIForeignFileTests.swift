import Base
import Glibc
import SQLite
import TestSupport
import Testing

/// Files of other programs are left as they are.
@Suite struct CLIForeignFileTests {
    private struct Facts: Equatable {
        let mode: mode_t
        let bytes: [UInt8]
    }

    private func facts(_ path: String) throws -> Facts {
        var status = stat()
        #expect(stat(path, &status) == 0)
        return Facts(mode: status.st_mode, bytes: try #require(try SmallFile.read(path, limit: 1 << 20)))
    }

    /// A database of another program, with the given statements.
    private func make(_ path: String, _ statements: [String]) async throws {
        let database = try await SQLiteDatabase.open(path: path)
        for statement in statements { _ = try await database.execute(statement, []) }
        await database.close()
    }

    @Test(
        arguments: [
            ["CREATE TABLE people (name TEXT)"],
            ["CREATE TABLE schema_migrations (version TEXT)", "CREATE TABLE people (name TEXT)"],
            ["PRAGMA application_id = 252006674"], [],
        ]
    )
    func anotherProgramsFileIsRefusedAndUntouched(_ statements: [String]) async throws {
        let folder = try CLIFolder()
        let path = folder.path + "/foreign.db"
        if statements.isEmpty {
            folder.write("these are my notes, which are long enough\n", to: "foreign.db")
        } else {
            try await make(path, statements)
        }
        chmod(path, 0o644)
        let before = try facts(path)
        for words in [["serve", "--port", "0"], ["migrate", "up"], ["migrate", "status"], ["migrate", "down"]] {
            let output = try await folder.run(words + ["--database", "sqlite:foreign.db"])
            #expect(output.code == 1, "\(words) \(output)")
            let reason = statements.isEmpty ? "it is not an SQLite database" : "it is a database of another program"
            #expect(output.standardError.contains("'foreign.db' cannot be used: \(reason)"), "\(output)")
            #expect(try facts(path) == before, "\(words)")
            for suffix in ["-wal", "-shm", ".lock", ".key"] { #expect(access(path + suffix, F_OK) != 0, "\(suffix)") }
        }
    }

    @Test("an empty file and a database without any migration are taken") func ownFiles() async throws {
        let folder = try CLIFolder()
        folder.write("", to: "foreign.db")
        let words = ["--database", "sqlite:foreign.db"]
        #expect(try await folder.run(["migrate", "up"] + words).code == 0)
        #expect(try await folder.run(["migrate", "down", "--steps", "1", "--yes"] + words).code == 0)
        #expect(try await folder.run(["migrate", "up"] + words).code == 0)
        for suffix in ["-wal", "-shm", ".lock", ".key"] { unlink(folder.path + "/foreign.db" + suffix) }
    }
}
