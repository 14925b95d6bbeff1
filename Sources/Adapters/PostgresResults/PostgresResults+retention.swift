package import Base
package import Domain
package import Results
package import SQL

extension PostgresResults {
    /// Drops the days that ended before `cutoff`, with what only they refer to; the results of the cutoff's own day go
    /// with their day.
    ///
    /// One step does all.
    ///
    /// Throws the `SQLError` of a step; the steps before it stay.
    package func deleteBefore(
        _ cutoff: Timestamp,
        after: MonitorID?,
        limit: Int
    ) async throws(SQLError) -> RetentionStep {
        let dropped = try await partitions.drop(before: cutoff)
        let day = ResultPartitions.day(of: cutoff)
        _ = try await database.execute(
            "DELETE FROM failure_evidence WHERE scheduled_at < $1",
            [.integer(day * 86_400_000)]
        )
        // An observation is marked with the day of its newest result or a later one.
        let forgotten = try await database.execute("DELETE FROM observations WHERE last_seen < $1", [.integer(day)])
        if forgotten > 0 { cache.withLock { $0.removeAll() } }
        return RetentionStep(deleted: dropped, next: nil)
    }

    /// Removes everything of a deleted monitor; returns whether anything may be left.
    ///
    /// Throws the `SQLError` of the step; nothing of the step is removed then.
    package func deleteAll(of monitor: MonitorID, limit: Int) async throws(SQLError) -> Bool {
        try await database.transaction { session throws(SQLError) in
            _ = try await session.execute("SET TRANSACTION ISOLATION LEVEL READ COMMITTED", [])
            let id: [SQLValue] = [.integer(monitor.rawValue)]
            let deleted = try await session.execute(
                """
                DELETE FROM results WHERE monitor_id = $1 AND scheduled_at <= (
                    SELECT MAX(scheduled_at) FROM (
                        SELECT scheduled_at FROM results WHERE monitor_id = $1 ORDER BY scheduled_at LIMIT $2
                    ) AS step
                )
                """,
                id + [.integer(Int64(limit))]
            )
            guard deleted < limit else { return true }
            for table in ["observations", "failure_evidence"] {
                _ = try await session.execute("DELETE FROM \(table) WHERE monitor_id = $1", id)
            }
            return false
        }
    }
}
