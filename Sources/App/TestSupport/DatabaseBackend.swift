package import SQL
import SQLite

/// The databases that every repository test runs on.
package enum DatabaseBackend: String, Sendable, CaseIterable, CustomStringConvertible {
    case sqlite

    package var description: String { rawValue }

    /// A new, empty database; SQLite's in memory.
    package func open() async throws(SQLError) -> any Database {
        switch self {
        case .sqlite: try await SQLiteDatabase.open(path: ":memory:")
        }
    }
}
