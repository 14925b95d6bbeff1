import Base
import Glibc
import SQL
import SQLite
import SQLiteResults

/// A store in a file of this machine.
enum SQLiteStore {
    /// Opens a file; creates a missing folder and removes the permissions of group and others.
    static func open(
        _ path: String,
        _ access: OpenedStore.Access,
        notice: (_ file: String) -> Void
    ) async throws(StoreRefusal) -> OpenedStore {
        try refuseForeign(path)
        // Before anything of it is opened: a database that is refused stays as it is.
        let lock = access == .alone ? try lock(path) : nil
        for file in DatabaseFiles.tighten(path) { notice(file) }
        makeFolder(of: path)
        do throws(SQLError) {
            let database = try await SQLiteDatabase.open(path: path)
            return OpenedStore(database: database, results: SQLiteResults(database: database), claim: lock)
        } catch {
            throw .unavailable(name: path, reason: "\(error)")
        }
    }

    /// Throws when the file is there and is another program's; nothing about it changes.
    private static func refuseForeign(_ path: String) throws(StoreRefusal) {
        let refusal = DatabaseOwner.refusal(path, table: Migrator.table, columns: Migrator.columns)
        if let refusal { throw .unavailable(name: path, reason: refusal) }
    }

    /// Locks the database against other serving processes, whatever path they use; creates a missing file and folder.
    ///
    /// Throws `.taken` when one has it, and `.linked` for a file with several names.
    private static func lock(_ path: String) throws(StoreRefusal) -> DatabaseLock? {
        guard path != ":memory:" else { return nil }
        makeFolder(of: path)
        DatabaseFiles.create(path)
        do throws(DatabaseLock.LockError) { return try DatabaseLock(path: path) } catch {
            switch error {
            case .taken: throw .taken(name: path, by: nil)
            case .linked(let count): throw .linked(path: path, count: count)
            }
        }
    }

    /// Creates a file's folder and its parents, readable only by their owner; errors appear when the file is opened.
    private static func makeFolder(of file: String) {
        guard let slash = file.lastIndex(of: "/"), slash > file.startIndex else { return }
        let path = file[..<slash]
        var made = path.hasPrefix("/") ? "" : "."
        for part in path.split(separator: "/") {
            made += "/\(part)"
            mkdir(made, 0o700)
        }
    }
}

/// The lock of a file lasts as long as the process needs it.
extension DatabaseLock: StoreClaim {
    func check() -> String? { nil }
    func release() async {}
}
