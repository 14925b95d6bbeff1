import Postgres
package import SQL
import SQLite

/// The databases that every repository test runs on.
package enum DatabaseBackend: String, Sendable, CaseIterable, CustomStringConvertible {
    case sqlite
    case postgres

    package var description: String { rawValue }

    /// A new, empty database; SQLite's in memory, PostgreSQL's in a schema of its own.
    package func open() async throws -> any Database {
        switch self {
        case .sqlite: return try await SQLiteDatabase.open(path: ":memory:")
        case .postgres:
            var configuration = try await PostgresServer.shared().newSchema()
            (configuration.writers, configuration.readers, configuration.longReaders) = (2, 2, 1)
            return try await PostgresDatabase.open(configuration)
        }
    }
}
