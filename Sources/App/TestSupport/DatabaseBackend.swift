import Base
import Postgres
package import SQL
import SQLite
package import Testing

/// The databases that every repository test runs on.
package enum DatabaseBackend: String, Sendable, CaseIterable, CustomStringConvertible {
    case sqlite
    case postgres

    /// The one that tests use which name none: of `everyDatabase`, of `SENTINEL_TEST_DATABASE`, or SQLite.
    @TaskLocal package static var current =
        ProcessEnvironment.read()["SENTINEL_TEST_DATABASE"].flatMap(DatabaseBackend.init) ?? .sqlite

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

/// Runs each test of a suite once on each kind of database.
package struct EveryDatabase: SuiteTrait, TestTrait, TestScoping {
    package var isRecursive: Bool { true }

    package func provideScope(
        for test: Test,
        testCase: Test.Case?,
        performing function: @concurrent @Sendable () async throws -> Void
    ) async throws {
        guard testCase != nil else { return try await function() }
        for backend in DatabaseBackend.allCases {
            try await DatabaseBackend.$current.withValue(backend) { try await function() }
        }
    }
}

extension Trait where Self == EveryDatabase {
    /// Each test runs on SQLite and on PostgreSQL, where it opens `DatabaseBackend.current`.
    package static var everyDatabase: Self { Self() }
}
