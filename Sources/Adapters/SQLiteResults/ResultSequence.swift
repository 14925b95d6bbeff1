import Base
import Results
import SQL

/// The sequence numbers of results that wait to be folded; the database assigns them, because several processes append.
enum ResultSequence {
    /// Reserves numbers within a transaction; returns the first.
    ///
    /// A corrupt or missing counter continues after the stored rows. Throws the `SQLError` of the statements.
    static func reserve(_ count: Int, _ session: any SQLSession) async throws(SQLError) -> Int64 {
        let first = try await last(session) + 1
        let end: [SQLValue] = [.integer(first + Int64(count) - 1)]
        let changed = try await session.execute("UPDATE result_sequence SET value = $1", end)
        if changed == 0 { _ = try await session.execute("INSERT INTO result_sequence (value) VALUES ($1)", end) }
        return first
    }

    /// The last number that was assigned.
    static func last(_ session: any SQLSession) async throws(SQLError) -> Int64 {
        let rows = try await session.query(
            """
            SELECT (SELECT value FROM result_sequence LIMIT 1),
                (SELECT MAX(sequence) FROM recent_results WHERE sequence <= $1)
            """,
            [.integer(RecentIndex.lastSequence)]
        )
        guard let row = rows.first else { return 0 }
        var counter: Int64 = 0
        if case .integer(let value) = row[0], (0...RecentIndex.lastSequence).contains(value) { counter = value }
        return max(counter, try row.optionalInteger(1) ?? 0)
    }
}

extension RecentIndex {
    /// The ends of the chains to which other processes have appended.
    ///
    /// Throws the `SQLError` of the read.
    static func heads(
        from first: Int64,
        before end: Int64,
        _ session: any SQLSession
    ) async throws(SQLError) -> (heads: [Int64: Head], count: Int) {
        guard first < end else { return ([:], 0) }
        let rows = try await session.query(
            """
            SELECT monitor_id, MAX(sequence), MAX(CASE WHEN scheduled_at <= $3 THEN scheduled_at END), COUNT(*)
            FROM recent_results WHERE sequence >= $1 AND sequence < $2 GROUP BY monitor_id
            """,
            [.integer(first), .integer(end), .integer(Timestamp.distantFuture.milliseconds)]
        )
        var heads: [Int64: Head] = [:]
        var count = 0
        for row in rows {
            count += Int(try row.integer(3))
            // Of an unreadable row, only the number counts.
            guard let monitor = try? row.integer(0) else { continue }
            heads[monitor] = Head(sequence: try row.integer(1), scheduledAt: (try? row.integer(2)) ?? 0)
        }
        return (heads, count)
    }
}
