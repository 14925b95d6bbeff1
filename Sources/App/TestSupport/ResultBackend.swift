import Postgres
import PostgresResults
package import Results
package import SQL
import SQLiteResults

/// The stores of results that the contract suite runs on.
package enum ResultBackend: String, Sendable, CaseIterable, CustomStringConvertible {
    case sqlite
    case postgres

    package var description: String { rawValue }

    /// The database that the store belongs to.
    package var database: DatabaseBackend {
        switch self {
        case .sqlite: .sqlite
        case .postgres: .postgres
        }
    }

    /// The store that belongs to a database.
    package init(of database: any Database) {
        var database = database
        while let double = database as? any ForwardingDatabase { database = double.inner }
        self = database is PostgresDatabase ? .postgres : .sqlite
    }

    /// A store as one more process has it, with nothing in memory yet.
    package func make(on database: any Database) -> any ResultStore {
        switch self {
        case .sqlite: SQLiteResults(database: database)
        case .postgres: PostgresResults(database: database)
        }
    }
}
