package import Results
package import SQL
import SQLiteResults
import Storage

/// The stores of results that the contract suite runs on.
package enum ResultBackend: String, Sendable, CaseIterable, CustomStringConvertible {
    case sqlite

    package var description: String { rawValue }

    /// The database that the store belongs to.
    package var database: DatabaseBackend {
        switch self {
        case .sqlite: .sqlite
        }
    }

    /// A store as one more process has it, with nothing in memory yet.
    package func make(on database: any Database) -> any ResultStore {
        switch self {
        case .sqlite: SQLiteResults(database: database)
        }
    }
}
