import SQL

extension Migration {
    /// The targets that no two monitors may share: the addresses of push monitors.
    ///
    /// Monitors that share one already keep it until they are changed.
    static let version10 = Migration(version: 10, name: "exclusive_targets") { _ in
        [
            "CREATE TABLE exclusive_targets (target TEXT NOT NULL PRIMARY KEY, monitor_id BIGINT NOT NULL)",
            "CREATE INDEX exclusive_targets_by_monitor ON exclusive_targets (monitor_id)",
            """
            INSERT INTO exclusive_targets (target, monitor_id)
            SELECT url, MIN(id) FROM monitors WHERE kind = 'push' GROUP BY url
            """,
        ]
    } down: { _ in
        ["DROP TABLE exclusive_targets"]
    }
}
