import CSQLite
import Glibc
import SQL

/// One open connection; not `Sendable`: confined to the actor that owns it.
final class SQLiteConnection {
    /// The purpose of a connection.
    enum Role { case writer, reader }

    private let handle: OpaquePointer  // sqlite3 *
    private let path: String
    private let faults: DatabaseFaults
    private var statements = StatementCache()
    /// Whether it must be replaced before the next use.
    private(set) var isBroken = false

    /// Opens a file; creates a missing one only with `create`.
    init(
        path: String,
        role: Role,
        create: Bool,
        configuration: SQLiteConfiguration,
        faults: DatabaseFaults
    ) throws(SQLError) {
        var opened: OpaquePointer?
        let flags =
            SQLITE_OPEN_READWRITE | (create ? SQLITE_OPEN_CREATE : 0) | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE
        let code = sqlite3_open_v2(path, &opened, flags, nil)
        guard code == SQLITE_OK, let opened else {
            let failure = SQLiteError(code, on: opened)
            sqlite3_close_v2(opened)
            throw Self.explain(failure, path: path)
        }
        handle = opened
        (self.path, self.faults) = (path, faults)
        sqlite3_busy_timeout(opened, Int32(clamping: configuration.busyTimeout.milliseconds))
        do throws(SQLiteError) {
            for pragma in Self.pragmas(role, configuration) { _ = try run(pragma) }
        } catch { throw Self.explain(error, path: path) }
    }

    deinit {
        statements.removeAll()
        sqlite3_close_v2(handle)
    }

    private static func pragmas(_ role: Role, _ configuration: SQLiteConfiguration) -> [String] {
        var pragmas = [
            "PRAGMA page_size = \(configuration.pageBytes)", "PRAGMA journal_mode = WAL", "PRAGMA synchronous = NORMAL",
            "PRAGMA foreign_keys = ON", "PRAGMA mmap_size = 0", "PRAGMA temp_store = MEMORY",
            "PRAGMA cache_size = -\(configuration.cacheBytes / 1024)",
            "PRAGMA journal_size_limit = \(configuration.journalLimit)",
            // A reader never runs checkpoints: a read would become as slow as the disk.
            "PRAGMA wal_autocheckpoint = \(role == .writer ? configuration.checkpointPages : 0)",
        ]
        if let pages = configuration.maximumPages { pragmas.append("PRAGMA max_page_count = \(pages)") }
        return pragmas
    }

    /// Explains an error by the path, where SQLite only reports that it cannot open it.
    private static func explain(_ failure: SQLiteError, path: String) -> SQLError {
        if case .corrupt = failure.error { return named(failure.error, path: path) }
        guard case .unavailable = failure.error else { return failure.error }
        let folder = path.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
        let parent = folder.isEmpty ? (path.hasPrefix("/") ? "/" : ".") : folder
        var reason = failure.message
        if access(parent, F_OK) != 0 {
            reason = "the folder \(parent) does not exist"
        } else if access(path, F_OK) != 0 {
            reason = access(parent, W_OK) == 0 ? "the file does not exist" : "the folder \(parent) is not writable"
        } else if access(path, R_OK) != 0 {
            reason = "the file is not readable"
        }
        return .unavailable("cannot open \(path): \(reason)")
    }

    // MARK: Statements

    /// Runs a statement and returns its rows; with `readOnly` a statement that writes is refused.
    func query(_ sql: String, _ parameters: [SQLValue], readOnly: Bool) throws(SQLError) -> [Row] {
        do throws(SQLiteError) {
            let statement = try statements.statement(sql, on: handle)
            guard statement.isReadOnly || !readOnly else { throw SQLiteError(SQLITE_AUTH, on: nil) }
            defer { statement.reset() }
            try statement.bind(parameters, start: 0, count: parameters.count)
            var values: [SQLValue] = []
            while try statement.step() { statement.appendRow(to: &values) }
            return Row.rows(of: values, columns: statement.columnCount)
        } catch { throw note(error) }
    }

    /// Passes the integers of each row of a read to a body, which returns false to stop.
    func scan(_ sql: String, _ parameters: [SQLValue], _ row: (Span<Int64>) -> Bool) throws(SQLError) {
        do throws(SQLiteError) {
            let statement = try statements.statement(sql, on: handle)
            guard statement.isReadOnly else { throw SQLiteError(SQLITE_AUTH, on: nil) }
            defer { statement.reset() }
            try statement.bind(parameters, start: 0, count: parameters.count)
            try statement.scan(row)
        } catch { throw note(error) }
    }

    /// Runs a statement and returns how many rows it changed.
    func execute(_ sql: String, _ parameters: [SQLValue]) throws(SQLError) -> Int {
        do throws(SQLiteError) {
            let before = sqlite3_total_changes64(handle)
            let statement = try statements.statement(sql, on: handle)
            defer { statement.reset() }
            try statement.bind(parameters, start: 0, count: parameters.count)
            while try statement.step() {}
            return Int(sqlite3_total_changes64(handle) - before)
        } catch { throw note(error) }
    }

    /// Runs a statement once for each group of `columns` values.
    func executeMany(_ sql: String, columns: Int, values: [SQLValue]) throws(SQLError) -> Int {
        guard columns > 0, values.count.isMultiple(of: columns) else {
            throw .programming("\(values.count) values do not make rows of \(columns)")
        }
        do throws(SQLiteError) {
            let before = sqlite3_total_changes64(handle)
            let statement = try statements.statement(sql, on: handle)
            defer { statement.reset() }
            for start in stride(from: 0, to: values.count, by: columns) {
                try statement.bind(values, start: start, count: columns)
                while try statement.step() {}
                statement.rewind()
            }
            return Int(sqlite3_total_changes64(handle) - before)
        } catch { throw note(error) }
    }

    // MARK: Transactions

    /// Begins a transaction; a writing one takes the write lock at once, so that it cannot fail half-way to get it.
    func begin(writing: Bool) throws(SQLError) { _ = try execute(writing ? "BEGIN IMMEDIATE" : "BEGIN", []) }

    func commit() throws(SQLError) { _ = try execute("COMMIT", []) }

    /// Rolls a failed transaction back; some errors have already ended it.
    func rollback() {
        guard sqlite3_get_autocommit(handle) == 0 else { return }
        do throws(SQLError) { _ = try execute("ROLLBACK", []) } catch { isBroken = true }
    }

    /// Whether the path now leads to another file or to none.
    var hasMoved: Bool {
        var moved: Int32 = 0
        return sqlite3_file_control(handle, "main", SQLITE_FCNTL_HAS_MOVED, &moved) == SQLITE_OK && moved != 0
    }

    /// Checkpoints the whole log and updates SQLite's statistics; for a graceful end.
    func finish() {
        // Best effort: what remains in the log is not lost.
        _ = try? run("PRAGMA optimize")
        _ = try? run("PRAGMA wal_checkpoint(TRUNCATE)")
    }

    /// Copies what readers and time allow of the log into the file; best effort.
    func checkpoint() { _ = try? run("PRAGMA wal_checkpoint(PASSIVE)") }

    private func run(_ sql: String) throws(SQLiteError) -> Int {
        let statement = try SQLiteStatement(sql, on: handle)
        var count = 0
        while try statement.step() { count += 1 }
        return count
    }

    private func note(_ failure: SQLiteError) -> SQLError {
        if failure.needsReopening { isBroken = true }
        if failure.code == SQLITE_AUTH { return .programming("a read was asked for, but the statement writes") }
        let error = Self.named(failure.error, path: path)
        faults.note(error)
        return error
    }

    /// Names the file that is damaged.
    private static func named(_ error: SQLError, path: String) -> SQLError {
        guard case .corrupt(let reason) = error else { return error }
        return .corrupt("\(path): \(reason)")
    }
}

extension Duration {
    /// Whole milliseconds.
    fileprivate var milliseconds: Int64 { components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000 }
}
