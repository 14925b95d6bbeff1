import Base
import Crypto
import Glibc
import TestSupport
import Testing

@Suite struct SecretKeyFileTests {
    /// Runs a test with the path of a key file in its own folder, and checks that no other file is left there.
    private func withPath(_ body: (String) throws -> Void) throws {
        let database = DatabaseFile()
        let path = SecretKeyFile.path(beside: database.path)
        defer {
            unlink(path)
            rmdir(path)
            database.remove()
            #expect(access(database.folder, F_OK) != 0, "a draft is left")
        }
        #expect(path == database.path + ".key")
        try body(path)
    }

    private func write(_ text: String, to path: String, mode: mode_t = 0o600) {
        DatabaseFile.write(Array(text.utf8), to: path)
        chmod(path, mode)
    }

    private func fault(_ path: String) -> SecretKeyError? {
        do throws(SecretKeyError) {
            _ = try SecretKeyFile.readOrCreate(path)
            return nil
        } catch { return error }
    }

    @Test func newKeyFileIsReadableOnlyByItsOwner() throws {
        try withPath { path in
            let made = try SecretKeyFile.readOrCreate(path)
            #expect(made.isNew && made.bytes.count == 32)
            var status = stat()
            #expect(lstat(path, &status) == 0 && status.st_mode == S_IFREG | 0o600 && status.st_nlink == 1)
            #expect(DatabaseFile.bytes(of: path) == Array((made.bytes.hex + "\n").utf8))
            let read = try SecretKeyFile.readOrCreate(path)
            #expect(!read.isNew && read.bytes == made.bytes)
        }
    }

    @Test func concurrentCreatorsGetTheSameKey() async throws {
        for _ in 0..<100 {
            let database = DatabaseFile()
            let path = SecretKeyFile.path(beside: database.path)
            defer {
                unlink(path)
                database.remove()
            }
            let gate = Gate()
            let keys = try await withThrowingTaskGroup(of: SecretKeyFile.Key.self) { group in
                for _ in 0..<4 {
                    group.addTask {
                        gate.pass()
                        return try SecretKeyFile.readOrCreate(path)
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(Set(keys.map(\.bytes)).count == 1 && keys.count { $0.isNew } == 1)
        }
    }

    /// Makes the first wait briefly for the second, so that both continue at the same time.
    private final class Gate: Sendable {
        private let arrived = Locked(0)

        func pass() {
            arrived.withLock { $0 += 1 }
            for _ in 0..<100_000 where arrived.withLock({ $0 }) >= 2 { return }
        }
    }

    @Test(arguments: [0o640, 0o604, 0o660, 0o777, 0o610] as [mode_t]) func keyFileAccessibleToOthersIsRefused(
        _ mode: mode_t
    )
        throws
    {
        try withPath { path in
            write(String(repeating: "ab", count: 32), to: path, mode: mode)
            #expect(fault(path) == .openToOthers(path: path, mode: mode))
            #expect(
                fault(path)?.description.hasSuffix("(mode 0\(String(mode, radix: 8))); run: chmod 600 \(path)") == true
            )
        }
    }

    @Test func existingKeyFileIsUsed() throws {
        try withPath { path in
            write(String(repeating: "Ab", count: 40) + "\r\n", to: path, mode: 0o400)
            let key = try SecretKeyFile.readOrCreate(path)
            #expect(key.bytes == [UInt8](repeating: 0xAB, count: 40) && !key.isNew)
        }
    }

    @Test func invalidKeyFilesAreRefused() throws {
        try withPath { path in
            for text in ["", "\n", "abcd", String(repeating: "a", count: 63)] {
                write(text, to: path)
                #expect(fault(path) == .tooShort(path: path), "\(text)")
            }
            let key = String(repeating: "a", count: 64)
            for text in [
                key + "a", key.dropLast() + "g", "\(key)\n\(key)", key + "\0", String(repeating: "a", count: 5000),
            ] {
                write(String(text), to: path)
                #expect(fault(path) == .malformed(path: path), "\(text)")
            }
            unlink(path)
            mkdir(path, 0o700)
            #expect(fault(path) == .notAFile(path: path))
            rmdir(path)
            mkfifo(path, 0o600)
            #expect(fault(path) == .notAFile(path: path))
        }
    }

    @Test func failedCreationIsExplained() {
        guard case .system(_, let reason) = fault("/nonexistent/test.db.key") else {
            Issue.record("a key file was made in a folder that does not exist")
            return
        }
        #expect(reason == "open: No such file or directory")
    }
}
