import API
import Base
import Broker
import Domain
import Glibc
import HTTPClient
import HTTPServer
import Pipeline
import Runtime
import SQL
import SQLite
import SQLiteResults
import Scheduling
import Storage

/// The only place that names adapters and wires them.
enum Composition {
    /// Why the system cannot be assembled.
    enum CompositionError: Error, CustomStringConvertible {
        case tooFewDescriptors(Int)
        case databaseUnsupported
        case databaseUnavailable(path: String, reason: String)
        case databaseTaken(path: String)
        case databaseLinked(path: String, count: Int)
        case migration(String)
        case serviceFailed(name: String, error: String?)

        var description: String {
            switch self {
            case .tooFewDescriptors(let limit):
                "this process may open \(limit) files, and needs \(Composition.leastDescriptors) at least: "
                    + "raise its limit (LimitNOFILE, ulimit -n)"
            case .databaseUnsupported: "this version stores in SQLite only; use DATABASE_URL=sqlite:PATH"
            case .databaseUnavailable(let path, let reason): "the database '\(path)' cannot be used: \(reason)"
            case .databaseTaken(let path): "another sentinel process serves the database '\(path)' already"
            case .databaseLinked(let path, let count):
                "the database '\(path)' has \(count) names (hard links), and each would have a write-ahead log of its own: "
                    + "remove the others, or use symbolic links"
            case .migration(let reason): "the database's schema cannot be brought up to date: \(reason)"
            case .serviceFailed(let name, let error): "\(name) ended: \(error ?? "without a reason")"
            }
        }
    }

    /// Opens the configured store; creates a missing folder and removes the permissions of group and others.
    ///
    /// `notice` is called for each file whose permissions were changed.
    static func openDatabase(
        _ location: DatabaseLocation,
        notice: (_ file: String) -> Void
    ) async throws(CompositionError) -> SQLiteDatabase {
        guard case .sqlite(let path) = location else { throw .databaseUnsupported }
        try refuseForeign(location)
        for file in DatabaseFiles.tighten(path) { notice(file) }
        makeFolder(of: path)
        do throws(SQLError) {
            return try await SQLiteDatabase.open(path: path)
        } catch {
            throw .databaseUnavailable(path: path, reason: "\(error)")
        }
    }

    /// Throws when the file is there and is another program's; nothing about it changes.
    static func refuseForeign(_ location: DatabaseLocation) throws(CompositionError) {
        guard case .sqlite(let path) = location else { return }
        let refusal = DatabaseOwner.refusal(path, table: Migrator.table, columns: Migrator.columns)
        if let refusal { throw .databaseUnavailable(path: path, reason: refusal) }
    }

    /// Locks the database against other serving processes, whatever path they use; creates a missing file and folder.
    ///
    /// Throws `.databaseTaken` when one has it, `.databaseLinked` for a file with several names, and
    /// `.databaseUnavailable` for another program's.
    static func lock(_ location: DatabaseLocation) throws(CompositionError) -> DatabaseLock? {
        guard case .sqlite(let path) = location, path != ":memory:" else { return nil }
        try refuseForeign(location)
        makeFolder(of: path)
        DatabaseFiles.create(path)
        do throws(DatabaseLock.LockError) { return try DatabaseLock(path: path) } catch {
            switch error {
            case .taken: throw .databaseTaken(path: path)
            case .linked(let count): throw .databaseLinked(path: path, count: count)
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

    /// Below this the program's own files, connections and checks would leave none for the system's threads.
    static let leastDescriptors = 128

    /// Runs the whole system until `shutdown` is triggered.
    static func serve(_ settings: Settings, logger: Logger, until shutdown: GracefulShutdown) async throws {
        let started = MonotonicTime.now
        let descriptors = DescriptorLimit.raise()
        guard descriptors >= leastDescriptors else { throw CompositionError.tooFewDescriptors(descriptors) }
        // Before anything of it is opened: a database that is refused stays as it is.
        let lock = try lock(settings.database)
        defer { withExtendedLifetime(lock) {} }
        let database = try await openDatabase(settings.database) { file in
            logger.notice("removed the permissions of other users from a file", ["file": file])
        }
        do throws(MigrationError) {
            _ = try await Migrator(database: database, migrations: StorageSchema.migrations).up()
        } catch {
            await database.close()
            throw CompositionError.migration("\(error)")
        }
        let registry = MetricsRegistry()
        let system = try await ProcessSystem(
            RoleDependencies(
                settings: settings,
                roles: Set(Role.allCases),
                broker: InProcessBroker(metrics: registry),
                tasks: MemoryTaskStore(),
                store: try RoleStore(database, results: SQLiteResults(database: database), settings),
                registry: registry,
                metrics: PipelineMetrics(registry),
                health: Health(),
                descriptors: descriptors,
                logger: logger,
                isShared: false
            )
        )
        let port: UInt16
        do throws(HTTPServerError) {
            port = try system.server.bind(host: settings.apiHost, port: UInt16(settings.apiPort))
        } catch {
            await database.close()
            throw error
        }
        let host = settings.apiHost.contains(":") ? "[\(settings.apiHost)]" : settings.apiHost
        logger.notice(
            "ready",
            ["url": "http://\(host):\(port)", "version": version, "after": (MonotonicTime.now - started).text]
        )
        let group = ServiceGroup(system.services, deadline: settings.shutdownTimeout, logger: logger)
        let outcome = await group.run(until: shutdown)
        await database.close()
        logger.notice("stopped")
        if case .failed(let name, let error) = outcome {
            throw CompositionError.serviceFailed(name: name, error: error)
        }
    }
}
