import SQL

extension Migration {
    /// Monitors with their tags and states, results with their observations and evidence.
    ///
    /// `results` is stored in the order of its key, so that a monitor's history lies together, and has neither nulls
    /// nor a second index. New results go to `recent_results` first, in the order of arrival (see `RecentIndex`). An
    /// observation holds what seldom changes between the results of a monitor; `facts` packs the rest (see
    /// `ResultFacts`).
    static let version1 = Migration(version: 1, name: "monitors_and_results") { dialect in
        monitorTables(dialect) + resultTables(dialect)
    } down: { _ in
        [
            "DROP TABLE failure_evidence", "DROP TABLE recent_results", "DROP TABLE results", "DROP TABLE observations",
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
            )\(dialect.withoutRowID)
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

    private static func resultTables(_ dialect: SQLDialect) -> [String] {
        [
            """
            CREATE TABLE results (
                monitor_id BIGINT NOT NULL, scheduled_at BIGINT NOT NULL, region INTEGER NOT NULL,
                reason SMALLINT NOT NULL, status_code SMALLINT NOT NULL, latency BIGINT NOT NULL,
                observation BIGINT NOT NULL, facts \(dialect.blob) NOT NULL,
                PRIMARY KEY (monitor_id, scheduled_at, region)
            )\(dialect.withoutRowID)
            """,
            """
            CREATE TABLE recent_results (
                sequence \(dialect.integerPrimaryKey), previous BIGINT NOT NULL,
                monitor_id BIGINT NOT NULL, scheduled_at BIGINT NOT NULL, region INTEGER NOT NULL,
                reason SMALLINT NOT NULL, status_code SMALLINT NOT NULL, latency BIGINT NOT NULL,
                observation BIGINT NOT NULL, facts \(dialect.blob) NOT NULL
            )
            """,
            """
            CREATE TABLE observations (
                monitor_id BIGINT NOT NULL, number BIGINT NOT NULL, digest BIGINT NOT NULL, last_seen BIGINT NOT NULL,
                content TEXT NOT NULL, PRIMARY KEY (monitor_id, number), UNIQUE (monitor_id, digest)
            )\(dialect.withoutRowID)
            """,
            """
            CREATE TABLE failure_evidence (
                monitor_id BIGINT NOT NULL, scheduled_at BIGINT NOT NULL, region INTEGER NOT NULL,
                headers TEXT NOT NULL, body \(dialect.blob) NOT NULL, PRIMARY KEY (monitor_id, scheduled_at, region)
            )\(dialect.withoutRowID)
            """,
        ]
    }
}
