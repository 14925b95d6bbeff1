package import Base
package import Domain
import Results
package import SQL

extension PostgresResults {
    /// How many replays run at once.
    package var longReads: Int { database.longReads }

    /// Passes the results of a monitor due from `from` to before `to` through a body; returns the body's final state.
    ///
    /// The order is that of times and regions. Ends early when the task is cancelled: the returned state is incomplete
    /// then.
    ///
    /// Throws the `SQLError` of the read, such as `.unavailable`.
    package func replay<State: Sendable>(
        _ monitor: MonitorID,
        from: Timestamp,
        to: Timestamp,
        observations: Bool,
        into initial: State,
        _ see: @Sendable (inout State, StoredCheck) -> Void
    ) async throws(SQLError) -> State {
        try await database.readLong { session throws(SQLError) in
            var state = initial
            var count = 0
            try await session.scan(
                """
                SELECT r.scheduled_at, r.region, r.reason, r.latency, r.observation FROM results r
                WHERE r.monitor_id = $1 AND r.scheduled_at >= $2 AND r.scheduled_at < $3
                ORDER BY r.scheduled_at, r.region
                """,
                [.integer(monitor.rawValue), .integer(from.milliseconds), .integer(to.milliseconds)]
            ) { row in
                see(&state, StoredCheck(row))
                count &+= 1
                return count & 4095 != 0 || !Task.isCancelled
            }
            return state
        }
    }

    /// When the certificates of a monitor's observations end, milliseconds since 1970, by the observation's number.
    ///
    /// Observations that cannot be read are left out. Throws the `SQLError` of the read.
    package func certificateEnds(_ monitor: MonitorID) async throws(SQLError) -> [Int64: Int64] {
        try await database.readLong { session throws(SQLError) in
            StoredResults.certificateEnds(
                try await session.query(
                    "SELECT digest, content FROM observations WHERE monitor_id = $1",
                    [.integer(monitor.rawValue)]
                ),
                session.rowFaults
            )
        }
    }
}
