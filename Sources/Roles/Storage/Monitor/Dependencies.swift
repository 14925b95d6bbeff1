import Domain
import SQL

/// Which monitors depend on which; never in a circle.
enum Dependencies {
    /// Begins the text of a fault, so that it is told from others on its way out of a transaction.
    static let mark = "dependencies: "
    /// How far a chain of dependencies is followed.
    private static let depth = 50

    /// Replaces what a monitor depends on; throws `.constraint` with the mark when it would depend on itself, or on
    /// a monitor that does not exist.
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

    /// Forgets a monitor on both sides.
    static func remove(_ monitor: Int64, _ session: any SQLSession) async throws(SQLError) {
        _ = try await session.execute(
            "DELETE FROM monitor_dependencies WHERE monitor_id = $1 OR parent_id = $1",
            [.integer(monitor)]
        )
    }
}
