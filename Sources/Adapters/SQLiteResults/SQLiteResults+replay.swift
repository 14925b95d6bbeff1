package import Base
package import Domain
import Results
package import SQL

extension SQLiteResults {
    private static let scanned = "SELECT r.scheduled_at, r.region, r.reason, r.latency"
    private static let observed = scanned + ", r.observation"
    private static let windowed = " WHERE r.monitor_id = $1 AND r.scheduled_at >= $2 AND r.scheduled_at < $3"
    private static let folded = " FROM results r" + windowed + " ORDER BY r.monitor_id, r.scheduled_at, r.region"
    /// Like that of a history, but sorted later.
    private static let chain = """
        WITH RECURSIVE chain (sequence) AS (
            SELECT $4 UNION ALL
            SELECT p.previous FROM chain c JOIN recent_results p ON p.sequence = c.sequence
            WHERE p.previous > 0 AND p.previous < p.sequence
        )
        """
    private static let chained = " FROM chain c JOIN recent_results r ON r.sequence = c.sequence" + windowed

    /// How many replays run at once.
    package var longReads: Int { database.longReads }

    /// Passes the results of a monitor due from `from` to before `to` through a body; returns the body's final state.
    ///
    /// The order is that of times and regions.
    ///
    /// Takes a fraction of a microsecond per result and uses a database connection of its own: a month is not read into
    /// memory, and no other read waits for it. Ends early when the task is cancelled: the returned state is incomplete
    /// then. Observations are read only where they are asked for: a column is a tenth of the cost.
    ///
    /// Throws the `SQLError` of the read, such as `.corrupt` or `.unavailable`.
    package func replay<State: Sendable>(
        _ monitor: MonitorID,
        from: Timestamp,
        to: Timestamp,
        observations: Bool,
        into initial: State,
        _ see: @Sendable (inout State, StoredCheck) -> Void
    ) async throws(SQLError) -> State {
        try await loadRecent()
        return try await database.readLong { session throws(SQLError) in
            try await follow(session)
            let head = recent.withLock { $0.heads[monitor.rawValue]?.sequence ?? 0 }
            let values: [SQLValue] = [
                .integer(monitor.rawValue), .integer(from.milliseconds), .integer(to.milliseconds),
            ]
            let columns = observations ? Self.observed : Self.scanned
            var waiting = try await Self.waiting(columns, values + [.integer(head)], head, session)
            var state = initial
            var count = 0
            try await session.scan(columns + Self.folded, values) { row in
                let check = StoredCheck(row)
                while let first = waiting.last, first.key <= check.key {
                    waiting.removeLast()
                    if first.key < check.key { see(&state, first) }
                }
                see(&state, check)
                count &+= 1
                return count & 4095 != 0 || !Task.isCancelled
            }
            for check in waiting.reversed() { see(&state, check) }
            return state
        }
    }

    /// The results that wait to be folded, newest first.
    private static func waiting(
        _ columns: String,
        _ values: [SQLValue],
        _ head: Int64,
        _ session: any SQLSession
    ) async throws(SQLError) -> [StoredCheck] {
        guard head > 0 else { return [] }
        var found: [StoredCheck] = []
        try await session.scan(chain + columns + chained, values) { row in
            found.append(StoredCheck(row))
            return true
        }
        found.sort { $0.key > $1.key }
        return found
    }

    /// When the certificates of a monitor's observations end, milliseconds since 1970, by the observation's number.
    ///
    /// Observations that cannot be read are left out. Throws the `SQLError` of the read.
    package func certificateEnds(_ monitor: MonitorID) async throws(SQLError) -> [Int64: Int64] {
        try await database.readLong { session throws(SQLError) in
            let rows = try await session.query(
                "SELECT number, content FROM observations WHERE monitor_id = $1",
                [.integer(monitor.rawValue)]
            )
            return StoredResults.certificateEnds(rows, session.rowFaults)
        }
    }
}
