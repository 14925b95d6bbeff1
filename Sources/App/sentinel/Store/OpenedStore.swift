import Base
import Results
import Runtime
import SQL
import Storage

/// The store of a process: a database, and the results in it.
struct OpenedStore: Sendable {
    /// Who else may use the database meanwhile.
    enum Access: Sendable {
        /// No other process that serves or changes the schema.
        case alone
        /// Other processes that share it, but none that wants it alone.
        case shared
        /// Anybody: for a short look.
        case open
    }

    let database: any Database
    let results: any ResultStore
    /// Keeps processes away that this one excludes; nil where nobody is kept away.
    let claim: (any StoreClaim)?

    /// Opens the store that settings name: the only place that chooses between the kinds of stores.
    ///
    /// `notice` is called for each file whose permissions were changed. Throws when another process has it, and when it
    /// cannot be used or is another program's; nothing about it changes then.
    static func open(
        _ location: DatabaseLocation,
        _ access: Access,
        notice: (_ file: String) -> Void
    ) async throws(StoreRefusal) -> OpenedStore {
        switch location {
        case .sqlite(let path): try await SQLiteStore.open(path, access, notice: notice)
        case .postgres(let url): try await PostgresStore.open(url, access)
        }
    }

    /// Applies the migrations that the database lacks; closes it when that fails.
    ///
    /// Refuses a database into which another was not copied to its end.
    func migrate() async throws(StoreRefusal) {
        if await CopyProgress.isUnfinished(database) {
            await close()
            throw .migration("a copy into it was not finished; 'sentinel copy' with the same addresses goes on with it")
        }
        do throws(MigrationError) {
            _ = try await Migrator(database: database, migrations: StorageSchema.migrations).up()
        } catch {
            await close()
            throw .migration("\(error)")
        }
    }

    /// What has to run as long as the process uses the store.
    func services(health: Health, logger: Logger) -> [any Service] {
        [DatabaseWatch(database: database, claim: claim, health: health, logger: logger)]
    }

    func close() async {
        await claim?.release()
        await database.close()
    }
}

/// What keeps other processes from a database.
protocol StoreClaim: Sendable {
    /// Looks after the claim; returns what is wrong with the database.
    ///
    /// Throws when another process has the database, after a time in which nobody could reach it.
    func check() async throws(StoreRefusal) -> String?

    func release() async
}

/// Why a store cannot be used.
enum StoreRefusal: Error, CustomStringConvertible {
    case unavailable(name: String, reason: String)
    case taken(name: String, by: String?)
    case linked(path: String, count: Int)
    case migration(String)

    var description: String {
        switch self {
        case .unavailable(let name, let reason): "the database '\(name)' cannot be used: \(reason)"
        case .taken(let name, let holder):
            "another sentinel process serves the database '\(name)' already" + (holder.map { ", from \($0)" } ?? "")
        case .linked(let path, let count):
            "the database '\(path)' has \(count) names (hard links), and each would have a write-ahead log of its own: "
                + "remove the others, or use symbolic links"
        case .migration(let reason): "the database's schema cannot be brought up to date: \(reason)"
        }
    }
}
