import Base
import Domain
import SQL

extension MonitorRepository {
    /// Rewrites settings that were stored before there were kinds of checks, so that their secrets are encrypted.
    ///
    /// Continues after `after`, at most `limit` rows; returns the last id, nil at the end. Unreadable rows stay as they
    /// are.
    ///
    /// Throws `.database` when the database cannot be written. No row is changed then.
    package func renewStored(after: Int64, limit: Int) async throws(StorageError) -> Int64? {
        let columns = columns
        return try await transaction { session throws(SQLError) in
            let rows = try await session.query(
                """
                SELECT \(MonitorColumns.list) FROM monitors m
                WHERE m.id > $1 AND m.settings IS NULL AND m.options IS NOT NULL ORDER BY m.id LIMIT $2
                """,
                [.integer(after), .integer(Int64(limit))]
            )
            for row in rows {
                guard let monitor = try? columns.monitor(row) else { continue }
                _ = try await session.execute(
                    "UPDATE monitors SET settings = $2, options = NULL WHERE id = $1",
                    [.integer(monitor.id.rawValue), .text(columns.settings.encode(monitor.spec))]
                )
            }
            return try rows.last?.integer(0)
        }
    }
}
