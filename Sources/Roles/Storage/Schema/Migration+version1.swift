import SQL

extension Migration {
    /// Monitors with their tags and states, and the tables of results.
    static let version1 = Migration(version: 1, name: "monitors_and_results") { dialect in
        monitorTables(dialect) + dialect.results[1].up
    } down: { dialect in
        dialect.results[1].down + [
            "DROP TABLE monitor_status",
            "DROP TABLE monitor_tags", "DROP TABLE deleted_monitors", "DROP TABLE monitors",
            "DROP TABLE monitor_revision",
        ]
    }

    private static func monitorTables(_ dialect: SQLDialect) -> [String] {
        [
            """
            CREATE TABLE monitors (
                id \(dialect.identity), name TEXT NOT NULL UNIQUE, url TEXT NOT NULL,
                interval_seconds BIGINT NOT NULL, is_active SMALLINT NOT NULL, options TEXT, tags TEXT,
                created_at BIGINT NOT NULL, updated_at BIGINT NOT NULL, revision BIGINT NOT NULL, search TEXT NOT NULL
            )
            """,
            "CREATE INDEX monitors_by_url ON monitors (url)",
            "CREATE INDEX monitors_by_revision ON monitors (revision)",
            """
            CREATE TABLE monitor_tags (
                monitor_id BIGINT NOT NULL, tag TEXT NOT NULL, PRIMARY KEY (monitor_id, tag)
            )\(dialect.orderedByKey)
            """,
            "CREATE INDEX monitor_tags_by_tag ON monitor_tags (tag, monitor_id)",
            """
            CREATE TABLE monitor_status (
                monitor_id \(dialect.integerPrimaryKey), state TEXT NOT NULL, since BIGINT NOT NULL,
                scheduled_at BIGINT NOT NULL, reason SMALLINT NOT NULL
            )
            """,
            "CREATE INDEX monitor_status_by_state ON monitor_status (state, monitor_id)",
            """
            CREATE TABLE deleted_monitors (
                id \(dialect.integerPrimaryKey), revision BIGINT NOT NULL, deleted_at BIGINT NOT NULL,
                is_purged SMALLINT NOT NULL
            )
            """,
            "CREATE INDEX deleted_monitors_by_revision ON deleted_monitors (revision)",
            "CREATE INDEX deleted_monitors_by_age ON deleted_monitors (is_purged, deleted_at)",
            "CREATE TABLE monitor_revision (value BIGINT NOT NULL)",
            "INSERT INTO monitor_revision (value) VALUES (0)",
        ]
    }
}
