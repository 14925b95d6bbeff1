package import Base
import Domain
import SQL

/// The outcome of one bounded step of cleaning.
package struct PurgeStep: Sendable, Equatable {
    /// Rows that were removed.
    package let deleted: Int
    /// Whether another step has work to do now.
    package let hasMore: Bool
}

extension MonitorRepository {
    /// How long `changed(since:limit:)` returns a deletion.
    private static let memory: Duration = .seconds(86_400)

    /// Removes the data of deleted monitors, about `limit` rows of one monitor per call.
    ///
    /// Throws `.database` when the database cannot be written. Nothing is removed then.
    package func purgeDeleted(limit: Int, now: Timestamp) async throws(StorageError) -> PurgeStep {
        try await transaction { session throws(SQLError) in
            let next = try await session.query(
                "SELECT id FROM deleted_monitors WHERE is_purged = 0 ORDER BY deleted_at LIMIT 1"
            )
            guard let id = try next.first?.integer(0) else {
                let forgotten = try await session.execute(
                    "DELETE FROM deleted_monitors WHERE is_purged = 1 AND deleted_at < $1",
                    [.integer((now - Self.memory).milliseconds)]
                )
                return PurgeStep(deleted: forgotten, hasMore: false)
            }
            var deleted = try await ResultRows.delete(of: id, before: .max, limit: limit, session)
            guard deleted < limit else { return PurgeStep(deleted: deleted, hasMore: true) }
            for table in ["observations", "failure_evidence"] {
                deleted += try await session.execute("DELETE FROM \(table) WHERE monitor_id = $1", [.integer(id)])
            }
            _ = try await session.execute("UPDATE deleted_monitors SET is_purged = 1 WHERE id = $1", [.integer(id)])
            return PurgeStep(deleted: deleted, hasMore: true)
        }
    }
}
