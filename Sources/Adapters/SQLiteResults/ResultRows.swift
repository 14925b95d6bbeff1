import Results
import SQL

/// Deletes the results of a monitor in steps.
enum ResultRows {
    /// Deletes the oldest results of a monitor that were due before a time (milliseconds), at most `limit`.
    static func delete(
        of monitor: Int64,
        before time: Int64,
        limit: Int,
        _ session: any SQLSession
    ) async throws(SQLError) -> Int {
        // Results of one instant in several regions are removed together: a step may take a few more than `limit`.
        let bound = try await session.query(
            "SELECT scheduled_at FROM results WHERE monitor_id = $1 ORDER BY scheduled_at, region LIMIT 1 OFFSET $2",
            [.integer(monitor), .integer(Int64(max(0, limit - 1)))]
        )
        let last = min(bound.first.flatMap { try? $0.integer(0) } ?? .max, time - 1)
        return try await session.execute(
            "DELETE FROM results WHERE monitor_id = $1 AND scheduled_at <= $2",
            [.integer(monitor), .integer(last)]
        )
    }
}
