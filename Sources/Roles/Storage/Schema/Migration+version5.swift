import SQL

extension Migration {
    /// Maintenance windows; the notices about certificates, and which monitors show the certificates.
    static let version5 = Migration(version: 5, name: "maintenance") { dialect in
        [
            """
            CREATE TABLE maintenance_windows (
                id \(dialect.identity), name TEXT NOT NULL UNIQUE, matchers TEXT NOT NULL, schedule TEXT NOT NULL,
                zone TEXT NOT NULL, valid_from BIGINT, valid_until BIGINT, is_enabled SMALLINT NOT NULL,
                comment TEXT NOT NULL, created_at BIGINT NOT NULL
            )
            """,
            """
            CREATE TABLE certificate_notices (
                sha256 TEXT PRIMARY KEY, level BIGINT NOT NULL, not_after BIGINT NOT NULL, subject TEXT NOT NULL,
                seen_at BIGINT NOT NULL
            )\(dialect.orderedByKey)
            """,
            """
            CREATE TABLE certificate_holders (
                monitor_id BIGINT NOT NULL, sha256 TEXT NOT NULL, PRIMARY KEY (monitor_id, sha256)
            )\(dialect.orderedByKey)
            """,
            "CREATE INDEX incidents_by_part ON incidents (part, id)",
        ]
    } down: { _ in
        [
            "DROP INDEX incidents_by_part", "DROP TABLE certificate_holders", "DROP TABLE certificate_notices",
            "DROP TABLE maintenance_windows",
            // States that nothing ends any more.
            "UPDATE monitor_status SET state = 'unknown', verdict = NULL WHERE state = 'maintenance'",
        ]
    }
}
