package import Base
package import Domain
import SQL

/// Deleted monitors, whose results are removed after them.
extension MonitorRepository {
    /// How long `changed(since:limit:)` returns a deletion.
    private static let memory: Duration = .seconds(86_400)

    /// The deleted monitor whose data are to be removed next; nil when there is none.
    ///
    /// Throws `.database` when the database cannot be read.
    package func deleted() async throws(StorageError) -> MonitorID? {
        do throws(SQLError) {
            let next = try await database.query(
                "SELECT id FROM deleted_monitors WHERE is_purged = 0 ORDER BY deleted_at LIMIT 1"
            )
            return try next.first.map { row throws(SQLError) in MonitorID(rawValue: try row.integer(0)) }
        } catch { throw StorageError(error) }
    }

    /// Notes that all data of a deleted monitor were removed.
    ///
    /// Throws `.database` when the database cannot be written.
    package func purged(_ id: MonitorID) async throws(StorageError) {
        try await transaction { session throws(SQLError) in
            _ = try await session.execute(
                "UPDATE deleted_monitors SET is_purged = 1 WHERE id = $1",
                [.integer(id.rawValue)]
            )
        }
    }

    /// Forgets deletions that everybody has read by now, once their data were removed.
    ///
    /// Throws `.database` when the database cannot be written.
    package func forgetDeletions(now: Timestamp) async throws(StorageError) {
        try await transaction { session throws(SQLError) in
            _ = try await session.execute(
                "DELETE FROM deleted_monitors WHERE is_purged = 1 AND deleted_at < $1",
                [.integer((now - Self.memory).milliseconds)]
            )
        }
    }
}
