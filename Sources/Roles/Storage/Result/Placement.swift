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
                placement.late.append(Row(index: index, sequence: 0, previous: 0))
                continue
            }
            let sequence = first + Int64(index)
            placement.recent.append(Row(index: index, sequence: sequence, previous: head.sequence))
            head = RecentIndex.Head(sequence: sequence, scheduledAt: due)
            placement.heads[monitor] = head
        }
        return placement
    }

    /// When the newest folded result of a monitor was due; 0 when there is none.
    private static func newest(of monitor: Int64, _ session: any SQLSession) async throws(SQLError) -> Int64 {
        let rows = try await session.query(
            "SELECT scheduled_at FROM results WHERE monitor_id = $1 ORDER BY scheduled_at DESC LIMIT 1",
            [.integer(monitor)]
        )
        return try rows.first?.integer(0) ?? 0
    }
}
