/// Why the schema could not be migrated.
package enum MigrationError: Error, Sendable, Equatable {
    /// The database has a migration that this program does not know.
    case newerDatabase(found: Int, known: Int)
    /// An applied migration differs from the program's.
    case changed(version: Int, name: String)
    /// The requested version does not exist.
    case unknownVersion(Int)
    /// A migration failed; none of it was kept.
    case failed(version: Int, name: String, SQLError)
    /// The database itself failed.
    case database(SQLError)
}

extension MigrationError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .newerDatabase(let found, let known):
            "this database was written by a newer Sentinel: it is at version \(found), this program knows \(known)"
        case .changed(let version, let name):
            "migration \(version) (\(name)) is not the one that was applied to this database"
        case .unknownVersion(let version): "there is no migration \(version)"
        case .failed(let version, let name, let error): "migration \(version) (\(name)) failed: \(error)"
        case .database(let error): error.description
        }
    }
}
