import Base
import Domain
import Results
import SQL

/// Which results of a batch can be appended in the order of time, and which came late or were stored before.
struct Placement: Sendable {
    /// One result to store in `recent_results`, or directly in `results`.
    struct Row: Sendable {
        /// The place in the batch.
        let index: Int
        let sequence: Int64
        /// The sequence number of the monitor's previous recent row; 0 when there is none.
        let previous: Int64
    }

    private(set) var recent: [Row] = []
    private(set) var late: [Row] = []
    /// The ends of the chains after the batch is stored.
    private(set) var heads: [Int64: RecentIndex.Head] = [:]

    /// Places a batch; `known` has the end of each result's chain, and sequence numbers begin at `first`.
    static func of(
        _ results: [CheckResult],
        known: [RecentIndex.Head?],
        from first: Int64,
        _ session: any SQLSession
    ) async throws(SQLError) -> Placement {
        var placement = Placement()
        // The results of the batch that got numbers, by their place in the batch.
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
                // First along the batch's own part of the chain, then along its stored part.
                var (end, isRepeated) = (head.sequence, false)
                while end >= first {
                    let other = results[Int(end - first)]
                    guard other.scheduledAt >= result.scheduledAt else { break }
                    isRepeated = isRepeated || other.scheduledAt == result.scheduledAt && other.region == result.region
                    end = previous[Int(end - first)]
                }
                guard !isRepeated else { continue }
                // Rows before a part of the batch that is older than this result are older too.
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

    /// Whether a late result is already stored among those that wait to be folded.
    ///
    /// Follows the monitor's chain back to the result's time, and no further: only late results cost this search.
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
        // A time that cannot be read sorts after all others: new results are then inserted one by one.
        guard let row = rows.first else { return 0 }
        return (try? row.integer(0)) ?? .max
    }
}
