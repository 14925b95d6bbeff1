package import Base

/// Applies and reverts migrations of a database; several processes may do so at once.
package struct Migrator: Sendable {
    /// A migration and when it was applied.
    package struct Status: Sendable, Equatable {
        package let version: Int
        package let name: String
        /// nil when it is not applied.
        package let appliedAt: Timestamp?
    }

    private struct Applied: Sendable {
        let version: Int
        let name: String
        let at: Timestamp
        let checksum: String
    }

    /// The table of applied migrations, which a database of this program has, and its columns.
    package static let table = "schema_migrations"
    package static let columns: Set = ["version", "name", "applied_at", "checksum"]

    private let database: any Database
    private let migrations: [Migration]
    private let patience: Duration

    /// `migrations` ascend from 1 without gaps; a locked database is tried again for `patience`.
    package init(database: any Database, migrations: [Migration], patience: Duration = .seconds(30)) {
        precondition(migrations.map(\.version) == Array(1..<(migrations.count + 1)), "versions go 1, 2, 3, …")
        (self.database, self.migrations, self.patience) = (database, migrations, patience)
    }

    /// Every known migration in order.
    ///
    /// Throws `.newerDatabase`, `.changed` or `.unknownVersion` when the database has other steps than this program,
    /// and `.database` when it cannot be used, or stays locked for longer than the patience.
    package func status() async throws(MigrationError) -> [Status] {
        let applied = try await retrying { session throws(SQLError) in try await Self.applied(session) }
        try check(applied)
        return migrations.map { migration in
            let found = applied.first { $0.version == migration.version }
            return Status(version: migration.version, name: migration.name, appliedAt: found?.at)
        }
    }

    /// Applies the missing migrations up to a version, or all; returns the versions that this call applied.
    ///
    /// Throws `.unknownVersion` for a target that does not exist, `.newerDatabase` or `.changed` when the database has
    /// other steps than this program, `.failed` when a step fails, and `.database` when the database cannot be read or
    /// stays locked. The steps before the failed one stay.
    package func up(to target: Int? = nil, now: Timestamp = .now) async throws(MigrationError) -> [Int] {
        let target = target ?? migrations.count
        guard (0...migrations.count).contains(target) else { throw .unknownVersion(target) }
        var done: [Int] = []
        try check(try await retrying { session throws(SQLError) in try await Self.applied(session) })
        for migration in migrations where migration.version <= target {
            if try await apply(migration, now: now) { done.append(migration.version) }
        }
        return done
    }

    /// What is deleted when a migration is reverted.
    package struct Loss: Sendable, Equatable {
        package let version: Int
        package let name: String
        /// Tables that are dropped, with the number of their rows.
        package let tables: [(name: String, rows: Int)]
        /// Columns that are dropped, as `table.column`.
        package let columns: [String]

        /// Whether stored data is lost.
        package var losesData: Bool { tables.contains { $0.rows > 0 } || !columns.isEmpty }

        package static func == (left: Loss, right: Loss) -> Bool {
            left.version == right.version && left.name == right.name && left.columns == right.columns
                && left.tables.elementsEqual(right.tables, by: ==)
        }
    }

    /// The migrations that `down(steps:)` would revert, newest first, and the data that would be lost.
    ///
    /// Throws `.newerDatabase`, `.changed` or `.unknownVersion` when the database has other steps than this program,
    /// and `.database` when it cannot be used, or stays locked for longer than the patience.
    package func losses(steps: Int) async throws(MigrationError) -> [Loss] {
        let applied = try await retrying { session throws(SQLError) in try await Self.applied(session) }
        try check(applied)
        let newest = applied.map(\.version).sorted(by: >).prefix(max(0, steps))
        let found = newest.map { self.migrations[$0 - 1] }
        return try await retrying { session throws(SQLError) in
            var losses: [Loss] = []
            for migration in found {
                var tables: [(name: String, rows: Int)] = []
                var columns: [String] = []
                for statement in migration.down(session.dialect) {
                    let words = statement.split(separator: " ").map(String.init)
                    if words.starts(with: ["DROP", "TABLE"]), words.count == 3 {
                        let rows = try await session.query("SELECT COUNT(*) FROM \(words[2])")
                        tables.append((words[2], Int(try rows.first?.integer(0) ?? 0)))
                    } else if words.starts(with: ["ALTER", "TABLE"]), words.count == 6,
                        words[3...4] == ["DROP", "COLUMN"]
                    {
                        columns.append("\(words[2]).\(words[5])")
                    }
                }
                losses.append(
                    Loss(version: migration.version, name: migration.name, tables: tables, columns: columns)
                )
            }
            return losses
        }
    }

    /// Reverts the newest applied migrations; returns their versions.
    ///
    /// Throws `.newerDatabase` or `.changed` when the database has other steps than this program, `.failed` when a step
    /// fails, and `.database` when the database cannot be read or stays locked. The steps before the failed one stay
    /// taken back.
    package func down(steps: Int) async throws(MigrationError) -> [Int] {
        let applied = try await retrying { session throws(SQLError) in try await Self.applied(session) }
        try check(applied)
        var done: [Int] = []
        for record in applied.sorted(by: { $0.version > $1.version }).prefix(max(0, steps)) {
            if try await revert(migrations[record.version - 1]) { done.append(record.version) }
        }
        return done
    }

    /// The applied versions are read again within the transaction: another process may have been faster.
    private func apply(_ migration: Migration, now: Timestamp) async throws(MigrationError) -> Bool {
        try await step(migration) { session throws(SQLError) in
            if try await Self.applied(session).contains(where: { $0.version == migration.version }) { return false }
            for statement in migration.up(session.dialect) { try await session.execute(statement) }
            _ = try await session.execute(
                "INSERT INTO schema_migrations (version, name, applied_at, checksum) VALUES ($1, $2, $3, $4)",
                [
                    .integer(Int64(migration.version)), .text(migration.name), .integer(now.milliseconds),
                    .text(migration.checksum(session.dialect)),
                ]
            )
            return true
        }
    }

    private func revert(_ migration: Migration) async throws(MigrationError) -> Bool {
        try await step(migration) { session throws(SQLError) in
            guard try await Self.applied(session).contains(where: { $0.version == migration.version }) else {
                return false
            }
            for statement in migration.down(session.dialect) { try await session.execute(statement) }
            _ = try await session.execute(
                "DELETE FROM schema_migrations WHERE version = $1",
                [.integer(Int64(migration.version))]
            )
            return true
        }
    }

    private func step(
        _ migration: Migration,
        _ body: @Sendable (any SQLSession) async throws(SQLError) -> Bool
    ) async throws(MigrationError) -> Bool {
        do throws(MigrationError) { return try await retrying(body) } catch {
            guard case .database(let cause) = error, cause != .busy else { throw error }
            throw .failed(version: migration.version, name: migration.name, cause)
        }
    }

    private func retrying<R: Sendable>(
        _ body: @Sendable (any SQLSession) async throws(SQLError) -> R
    ) async throws(MigrationError) -> R {
        let deadline = MonotonicTime.now + patience
        while true {
            do throws(SQLError) { return try await database.transaction(body) } catch {
                guard error == .busy, MonotonicTime.now < deadline, !Task.isCancelled else { throw .database(error) }
            }
            try? await Task.sleep(for: .milliseconds(20))
        }
    }

    private static func applied(_ session: any SQLSession) async throws(SQLError) -> [Applied] {
        for statement in session.dialect.migrationLock { _ = try await session.query(statement) }
        try await session.execute(
            """
            CREATE TABLE IF NOT EXISTS schema_migrations (
                version BIGINT PRIMARY KEY, name TEXT NOT NULL, applied_at BIGINT NOT NULL, checksum TEXT NOT NULL
            )
            """
        )
        let rows = try await session.query(
            "SELECT version, name, applied_at, checksum FROM schema_migrations ORDER BY version"
        )
        var applied: [Applied] = []
        for row in rows {
            applied.append(
                Applied(
                    version: Int(try row.integer(0)),
                    name: try row.text(1),
                    at: Timestamp(milliseconds: try row.integer(2)),
                    checksum: try row.text(3)
                )
            )
        }
        return applied
    }

    private func check(_ applied: [Applied]) throws(MigrationError) {
        if let last = applied.last, last.version > migrations.count {
            throw .newerDatabase(found: last.version, known: migrations.count)
        }
        if let first = applied.first, first.version < 1 { throw .unknownVersion(first.version) }
        for record in applied where migrations[record.version - 1].checksum(database.dialect) != record.checksum {
            throw .changed(version: record.version, name: record.name)
        }
    }
}
