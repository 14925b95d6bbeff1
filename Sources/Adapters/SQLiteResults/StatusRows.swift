import Domain
import Results
import SQL

/// The rows of states, by which appending recognizes monitors that exist.
enum StatusRows {
    /// Creates the missing rows of existing monitors; returns whether there were any.
    static func renew(of ids: [MonitorID], _ session: any SQLSession) async throws(SQLError) -> Bool {
        try await session.executeMany(
            """
            INSERT INTO monitor_status (monitor_id, state, since, scheduled_at, reason)
            SELECT id, 'unknown', created_at, 0, 0 FROM monitors WHERE id = $1 ON CONFLICT DO NOTHING
            """,
            columns: 1,
            values: Set(ids).map { .integer($0.rawValue) }
        ) > 0
    }
}
