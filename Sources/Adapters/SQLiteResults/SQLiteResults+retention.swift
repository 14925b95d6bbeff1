package import Base
package import Domain
package import SQL
package import Results

extension SQLiteResults {
    /// How many monitors one step looks at, at most.
    private static let monitorsPerStep = 200

    /// Removes results that were due before `cutoff`, and rows that only they refer to; about `limit` rows per call.
    ///
    /// Begins at the monitor after `after` (nil: the first) and returns where to continue. Costs a few look-ups per
    /// monitor, whatever the size of the table.
    ///
    /// Throws the `SQLError` of the step, such as `.busy` or `.full`; nothing of the step is removed then.
    package func deleteBefore(
        _ cutoff: Timestamp,
        after: MonitorID?,
        limit: Int
    ) async throws(SQLError) -> RetentionStep {
        if after == nil, try await hasRecent(before: cutoff) { try await foldRecent() }
        let (step, forgot) = try await database.transaction { session throws(SQLError) in
            var (deleted, observations, cursor) = (0, 0, after?.rawValue ?? 0)
            for _ in 0..<Self.monitorsPerStep {
                let next = try await session.query(
                    "SELECT monitor_id FROM results WHERE monitor_id > $1 ORDER BY monitor_id LIMIT 1",
                    [.integer(cursor)]
                )
                guard let monitor = next.first.flatMap({ try? $0.integer(0) }) else {
                    return (RetentionStep(deleted: deleted, next: nil), observations > 0)
                }
                let room = limit - deleted
                let removed = try await ResultRows.delete(
                    of: monitor,
                    before: cutoff.milliseconds,
                    limit: room,
                    session
                )
                deleted += removed
                // The limit ended the step: the next one begins with this monitor again.
                if removed >= room, try await Self.hasResults(monitor, before: cutoff, session) { break }
                if removed > 0 { observations += try await Self.clean(monitor, before: cutoff, session) }
                cursor = monitor
                if removed >= room { break }
            }
            return (RetentionStep(deleted: deleted, next: MonitorID(rawValue: cursor)), observations > 0)
        }
        if forgot { cache.withLock { $0.removeAll() } }
        return step
    }

    /// Removes everything of a deleted monitor; returns whether anything may be left.
    ///
    /// Its results that wait to be folded are left out when the others are folded.
    ///
    /// Throws the `SQLError` of the step, such as `.busy` or `.full`; nothing of the step is removed then.
    package func deleteAll(of monitor: MonitorID, limit: Int) async throws(SQLError) -> Bool {
        try await database.transaction { session throws(SQLError) in
            let id = monitor.rawValue
            guard try await ResultRows.delete(of: id, before: .max, limit: limit, session) < limit else { return true }
            for table in ["observations", "failure_evidence"] {
                _ = try await session.execute("DELETE FROM \(table) WHERE monitor_id = $1", [.integer(id)])
            }
            return false
        }
    }

    /// Whether the first result that waits to be folded is old enough to be removed.
    private func hasRecent(before cutoff: Timestamp) async throws(SQLError) -> Bool {
        let rows = try await database.query("SELECT scheduled_at FROM recent_results ORDER BY sequence LIMIT 1")
        return rows.first.map { ((try? $0.integer(0)) ?? 0) < cutoff.milliseconds } ?? false
    }

    private static func hasResults(
        _ monitor: Int64,
        before cutoff: Timestamp,
        _ session: any SQLSession
    ) async throws(SQLError) -> Bool {
        let rows = try await session.query(
            "SELECT 1 FROM results WHERE monitor_id = $1 AND scheduled_at < $2 LIMIT 1",
            [.integer(monitor), .integer(cutoff.milliseconds)]
        )
        return !rows.isEmpty
    }

    /// Removes evidence and observations that no result can refer to any more; returns how many observations.
    private static func clean(
        _ monitor: Int64,
        before cutoff: Timestamp,
        _ session: any SQLSession
    ) async throws(SQLError) -> Int {
        _ = try await session.execute(
            "DELETE FROM failure_evidence WHERE monitor_id = $1 AND scheduled_at < $2",
            [.integer(monitor), .integer(cutoff.milliseconds)]
        )
        // The observation of a result is marked with the result's day or a later one.
        let day = ObservationCache.day(of: cutoff.milliseconds, monitor: monitor)
        return try await session.execute(
            "DELETE FROM observations WHERE monitor_id = $1 AND last_seen < $2",
            [.integer(monitor), .integer(Int64(day))]
        )
    }
}
