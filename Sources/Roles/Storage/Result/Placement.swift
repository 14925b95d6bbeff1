import Base
import Domain
import SQL

/// Which results of a batch can be appended in the order of time, and which came late or were stored before.
struct Placement: Sendable {
    /// One result on its way to `recent_results`, or straight to `results`.
    struct Row: Sendable {
        /// In the batch.
        let index: Int
        let sequence: Int64
        /// Of the monitor's row before; 0 when there is none among the recent ones.
        let previous: Int64
    }

    private(set) var recent: [Row] = []
    private(set) var late: [Row] = []
    /// The ends of the chains once the batch is stored.
    private(set) var heads: [Int64: RecentIndex.Head] = [:]

    /// Sorts a batch; `known` has the end of each result's chain, and numbers are given out from `first` on.
    static func of(
        _ results: [CheckResult],
        known: [RecentIndex.Head?],
        from first: Int64,
        _ session: any SQLSession
    ) async throws(SQLError) -> Placement {
        var placement = Placement()
        // Of the results of the batch that were given numbers; by their place in it.
        var previous = Array(repeating: Int64(0), count: results.count)
        for (index, result) in results.enumerated() {
            let monitor = result.monitorID.rawValue
            let due = result.scheduledAt.milliseconds
            var head: RecentIndex.Head
            if let found = placement.heads[monitor] ?? known[index] {
                head = found
            } else {
                head = RecentIndex.Head(sequence: 0, scheduledAt: try await newest(of: monitor, session))
            }
            guard due > head.scheduledAt else {
                // First along the batch's own part of the chain, then along what is stored of it.
                var (end, isRepeated) = (head.sequence, false)
                while end >= first {
                    let other = results[Int(end - first)]
                    guard other.scheduledAt >= result.scheduledAt else { break }
                    isRepeated = isRepeated || other.scheduledAt == result.scheduledAt && other.region == result.region
                    end = previous[Int(end - first)]
                }
                guard !isRepeated else { continue }
                // What lies before a part of the batch that is older than this result is older still.
                let isWaiting =
                    end >= first
                    ? false : try await waits(monitor, due, Int64(result.region.rawValue), end, session)
                if !isWaiting {
                    placement.late.append(Row(index: index, sequence: 0, previous: 0))
                }
                continue
            }
            let sequence = first + Int64(index)
            previous[index] = head.sequence
            placement.recent.append(Row(index: index, sequence: sequence, previous: head.sequence))
            head = RecentIndex.Head(sequence: sequence, scheduledAt: due)
            placement.heads[monitor] = head
        }
        return placement
    }

    /// Whether a late result is one that waits to be folded: then it was stored before.
    ///
    /// Follows the monitor's chain back to the result's time, and no further: a late result costs only itself.
    private static func waits(
        _ monitor: Int64,
        _ due: Int64,
        _ region: Int64,
        _ end: Int64,
        _ session: any SQLSession
    ) async throws(SQLError) -> Bool {
        guard end > 0 else { return false }
        let found = try await session.query(
            """
            WITH RECURSIVE chain (sequence) AS (
                SELECT $4 UNION ALL
                SELECT p.previous FROM chain c JOIN recent_results p ON p.sequence = c.sequence
                WHERE p.previous > 0 AND p.previous < p.sequence AND p.scheduled_at > $2
            )
            SELECT 1 FROM chain c JOIN recent_results r ON r.sequence = c.sequence
            WHERE r.monitor_id = $1 AND r.scheduled_at = $2 AND r.region = $3 LIMIT 1
            """,
            [.integer(monitor), .integer(due), .integer(region), .integer(end)]
        )
        return !found.isEmpty
    }

    /// When the newest folded result of a monitor was due; 0 when there is none.
    private static func newest(of monitor: Int64, _ session: any SQLSession) async throws(SQLError) -> Int64 {
        let rows = try await session.query(
            "SELECT scheduled_at FROM results WHERE monitor_id = $1 ORDER BY scheduled_at DESC LIMIT 1",
            [.integer(monitor)]
        )
        // A time that cannot be read sorts behind all others: what comes is put where it belongs, one by one.
        guard let row = rows.first else { return 0 }
        return (try? row.integer(0)) ?? .max
    }
}
