import Glibc
import SQL
import SQLite

extension DatabaseLocation {
    /// Creates the folders that a new file needs; blocks shortly, so call before going async.
    func prepareFolder() throws(CommandFailure) {
        guard case .sqlite(let path) = self else { return }
        var end = path.startIndex
        while let slash = path[end...].firstIndex(of: "/") {
            end = path.index(after: slash)
            let folder = String(path[..<slash])
            guard !folder.isEmpty, mkdir(folder, 0o750) != 0, errno != EEXIST else { continue }
            throw CommandFailure("cannot create the folder \(folder): \(String(cString: strerror(errno)))")
        }
    }

    /// Whether there is something to open; always true for a server.
    var exists: Bool {
        guard case .sqlite(let path) = self else { return true }
        return access(path, F_OK) == 0
    }

    /// Opens the store, and creates a SQLite file that is not there.
    func open() async throws -> any Database {
        switch self {
        case .sqlite(let path): return try await SQLiteDatabase.open(path: path)
        case .postgres: throw CommandFailure("PostgreSQL is not in this version yet; use sqlite:PATH")
        }
    }
}
