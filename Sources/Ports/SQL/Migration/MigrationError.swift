/// Why the schema could not be moved.
package enum MigrationError: Error, Sendable, Equatable {
    /// The database has a step that this program does not know.
    case newerDatabase(found: Int, known: Int)
    /// A step was applied in another wording than the program's.
    case changed(version: Int, name: String)
    /// A version was asked for that does not exist.
    case unknownVersion(Int)
    /// A step failed; nothing of it was kept.
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
