import Base
import Glibc

/// A path for a database file in a folder of its own; remove it at the end.
package struct DatabaseFile: Sendable {
    /// The folder that holds nothing but the database.
    package let folder: String
    /// The database file; not created yet.
    package var path: String { folder + "/test.db" }

    /// Makes the folder under `parent`.
    package init(parent: String = "/tmp") {
        folder = parent + "/sentinel-test-" + Base.UUID().description
        precondition(mkdir(folder, 0o700) == 0, "cannot create \(folder)")
    }

    /// Removes the file, its companions and the folder.
    package func remove() {
        for suffix in ["", "-wal", "-shm", "-journal", "-away"] { unlink(path + suffix) }
        rmdir(folder)
    }

    /// The bytes of a file; empty when there is none.
    package static func bytes(of path: String) -> [UInt8] {
        guard let file = fopen(path, "rb") else { return [] }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = fread(&chunk, 1, chunk.count, file)
            if count == 0 { return bytes }
            bytes.append(contentsOf: chunk[..<count])
        }
    }

    /// Replaces the contents of a file.
    package static func write(_ bytes: [UInt8], to path: String) {
        guard let file = fopen(path, "wb") else { preconditionFailure("cannot write \(path)") }
        defer { fclose(file) }
        precondition(fwrite(bytes, 1, bytes.count, file) == bytes.count, "cannot write \(path)")
    }
}
