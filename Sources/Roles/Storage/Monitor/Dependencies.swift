import Base
import Domain
import SQL

/// Which monitors depend on which; cycles are refused.
enum Dependencies {
    /// The prefix that distinguishes a dependency error from other errors of the transaction.
    static let mark = "dependencies: "
    /// The longest chain of dependencies that is followed.
    private static let depth = 50

    /// Replaces the dependencies of a monitor.
    ///
    /// Throws `.constraint` with the mark when it would depend on itself, or on a monitor that does not exist.
    static func write(_ parents: [MonitorID], of monitor: Int64, _ session: any SQLSession) async throws(SQLError) {
        _ = try await session.execute("DELETE FROM monitor_dependencies WHERE monitor_id = $1", [.integer(monitor)])
        for parent in parents {
            let key: [SQLValue] = [.integer(parent.rawValue)]
            guard try await !session.query("SELECT 1 FROM monitors WHERE id = $1", key).isEmpty else {
                throw .constraint("\(mark)there is no monitor \(parent) to depend on")
            }
            let circle = try await session.query(
                """
                WITH RECURSIVE above (id, depth) AS (
                    SELECT CAST($1 AS BIGINT), 0 UNION
                    SELECT d.parent_id, a.depth + 1 FROM above a JOIN monitor_dependencies d ON d.monitor_id = a.id
                    WHERE a.depth < \(depth)
                )
                SELECT 1 FROM above WHERE id = $2 LIMIT 1
                """,
                key + [.integer(monitor)]
            )
            guard circle.isEmpty else {
                throw .constraint("\(mark)monitor \(parent) depends on this one, directly or through others")
            }
            _ = try await session.execute(
                "INSERT INTO monitor_dependencies (monitor_id, parent_id) VALUES ($1, $2) ON CONFLICT DO NOTHING",
                [.integer(monitor), .integer(parent.rawValue)]
            )
        }
    }

    /// The monitors that depend on one, with their settings of alerting as they are stored.
    private static func children(
        of parent: Int64,
        _ session: any SQLSession
    ) async throws(SQLError) -> [(id: Int64, alerting: MonitorAlerting)] {
        let rows = try await session.query(
            """
            SELECT m.id, m.alerting FROM monitor_dependencies d JOIN monitors m ON m.id = d.monitor_id
            WHERE d.parent_id = $1 ORDER BY m.id
            """,
            [.integer(parent)]
        )
        var found: [(id: Int64, alerting: MonitorAlerting)] = []
        for row in rows {
            // Settings that cannot be read say themselves that they cannot, and stay as they are.
            guard let alerting = try? AlertingCodec.decode(try row.optionalText(1)) else { continue }
            found.append((try row.integer(0), alerting))
        }
        return found
    }

    /// Forgets a monitor that is deleted on both sides: nothing depends on it any more, by the others' settings neither.
    ///
    /// `nextRevision` counts up for each monitor that changes.
    static func remove(
        _ monitor: Int64,
        at now: Timestamp,
        _ session: any SQLSession,
        nextRevision: () async throws(SQLError) -> Int64
    ) async throws(SQLError) {
        let children = try await children(of: monitor, session)
        for (id, var alerting) in children {
            alerting.dependsOn.removeAll { $0.rawValue == monitor }
            _ = try await session.execute(
                "UPDATE monitors SET alerting = $2, updated_at = $3, revision = $4 WHERE id = $1",
                [
                    .integer(id), .text(AlertingCodec.encode(alerting)), .integer(now.milliseconds),
                    .integer(try await nextRevision()),
                ]
            )
        }
        _ = try await session.execute(
            "DELETE FROM monitor_dependencies WHERE monitor_id = $1 OR parent_id = $1",
            [.integer(monitor)]
        )
        // What its own incident explained is released when that ends.
        let explanations = Explanations(session)
        for (id, _) in children {
            guard let incident = try await IncidentStore(session).running(of: MonitorID(rawValue: id)) else { continue }
            try await explanations.release(incident, "The monitor that explained it was deleted", due: now, at: now)
        }
    }
}
