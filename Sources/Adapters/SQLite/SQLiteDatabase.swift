import Base
package import SQL

/// A SQLite file with one connection for writing and one for reading, so that a read does not block writes.
///
/// Long reads have connections of their own.
///
/// In write-ahead-log mode: a commit survives the death of the process at once, and the loss of power with the next
/// checkpoint; neither damages the file. After a full disk, a read-only or a replaced file it recovers by itself.
package final class SQLiteDatabase: Database {
    private let writer: SQLiteWorker
    private let reader: SQLiteWorker
    private let scanners: [SQLiteWorker]
    /// How many long reads each scanner runs now.
    private let scans: Locked<[Int]>
    package let rowFaults: RowFaults
    package let faults: DatabaseFaults

    private init(
        writer: SQLiteWorker,
        reader: SQLiteWorker,
        scanners: [SQLiteWorker],
        _ rowFaults: RowFaults,
        _ faults: DatabaseFaults
    ) {
        (self.rowFaults, self.faults) = (rowFaults, faults)
        (self.writer, self.reader, self.scanners) = (writer, reader, scanners)
        scans = Locked(Array(repeating: 0, count: scanners.count))
    }

    /// Opens a file, or creates one that only its owner can read; `":memory:"` is a private database that ends with the
    /// last reference.
    ///
    /// Throws `.unavailable` with path and reason when the file cannot be opened, `.corrupt` when it is not a database,
    /// `.busy` when another process holds it, and `.full` or `.readOnly` when it cannot be written.
    package static func open(
        path: String,
        configuration: SQLiteConfiguration = SQLiteConfiguration()
    ) async throws(SQLError) -> SQLiteDatabase {
        if path != ":memory:" { DatabaseFiles.create(path) }
        let rowFaults = RowFaults()
        let faults = DatabaseFaults()
        func worker(_ role: SQLiteConnection.Role, _ configuration: SQLiteConfiguration) -> SQLiteWorker {
            SQLiteWorker(path: path, role: role, configuration: configuration, rowFaults: rowFaults, faults: faults)
        }
        let writer = worker(.writer, configuration)
        try await writer.open()
        guard path != ":memory:" else {
            return SQLiteDatabase(writer: writer, reader: writer, scanners: [], rowFaults, faults)
        }
        let reader = worker(.reader, configuration)
        do throws(SQLError) { try await reader.open() } catch {
            await writer.close()
            throw error
        }
        var scanning = configuration
        scanning.cacheBytes = configuration.longReadCacheBytes
        let scanners = (0..<configuration.longReads).map { _ in worker(.reader, scanning) }
        return SQLiteDatabase(writer: writer, reader: reader, scanners: scanners, rowFaults, faults)
    }

    package var dialect: SQLDialect { .sqlite }

    /// Runs a read on the reading connection.
    ///
    /// Throws as `SQLSession.query` does; `.programming` for a statement that writes.
    package func query(_ sql: String, _ parameters: [SQLValue]) async throws(SQLError) -> [Row] {
        try await reader.query(sql, parameters)
    }

    /// Runs a write on the writing connection.
    ///
    /// Throws as `SQLSession.execute` does.
    package func execute(_ sql: String, _ parameters: [SQLValue]) async throws(SQLError) -> Int {
        try await writer.execute(sql, parameters)
    }

    /// Writes all rows in one transaction.
    ///
    /// Throws as `SQLSession.executeMany` does; nothing is written then.
    package func executeMany(_ sql: String, columns: Int, values: [SQLValue]) async throws(SQLError) -> Int {
        try await transaction { session throws(SQLError) in
            try await session.executeMany(sql, columns: columns, values: values)
        }
    }

    /// Runs the reads of a body as one transaction; bodies run one after another.
    ///
    /// Throws the error of the body, or `.busy` or `.unavailable` when the file cannot be used.
    package func read<R: Sendable>(
        _ body: @Sendable (any SQLSession) async throws(SQLError) -> R
    ) async throws(SQLError) -> R {
        try await reader.transaction(writing: false, body)
    }

    /// Runs long reads on the connection with the fewest of them.
    ///
    /// Throws the error of the body, or `.busy` or `.unavailable` when the file cannot be used.
    package func readLong<R: Sendable>(
        _ body: @Sendable (any SQLSession) async throws(SQLError) -> R
    ) async throws(SQLError) -> R {
        let idlest = scans.withLock { scans in
            let index = scans.indices.min { scans[$0] < scans[$1] }
            if let index { scans[index] += 1 }
            return index
        }
        guard let idlest else { return try await read(body) }
        defer { scans.withLock { $0[idlest] -= 1 } }
        return try await scanners[idlest].transaction(writing: false, body)
    }

    package var longReads: Int { max(1, scanners.count) }

    /// Runs the reads and writes of a body as one transaction; bodies run one after another.
    ///
    /// Throws the error of the body, `.busy` when another process holds the lock for longer than `busyTimeout`, `.full`
    /// or `.readOnly` when the file cannot be written, and `.unavailable` when it cannot be used. Nothing is written
    /// then.
    package func attempt<R: Sendable>(
        _ body: @Sendable (any SQLSession) async throws(SQLError) -> R
    ) async throws(SQLError) -> R {
        try await writer.transaction(writing: true, body)
    }

    /// The size of all pages in bytes, without the log file.
    ///
    /// Throws as `query` does.
    package func size() async throws(SQLError) -> Int {
        let rows = try await query(
            "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()",
            []
        )
        return Int(try rows.first?.integer(0) ?? 0)
    }

    package func close() async {
        for scanner in scanners { await scanner.close() }
        await reader.close()
        await writer.close()
    }
}
