import SQL

extension Migration {
    /// Servers watched by Prometheus, rules on them and on Sentinel's own results, and the rules' events.
    static let version4 = Migration(version: 4, name: "servers_and_rules") { dialect in
        [
            """
            CREATE TABLE servers (
                id \(dialect.identity), name TEXT NOT NULL, job_name TEXT NOT NULL, instance TEXT NOT NULL,
                is_active SMALLINT NOT NULL, created_at BIGINT NOT NULL
            )
            """,
            """
            CREATE TABLE alert_rules (
                id \(dialect.identity), name TEXT NOT NULL, server_id BIGINT, metric_name TEXT NOT NULL,
                query TEXT NOT NULL, is_own SMALLINT NOT NULL, comparison TEXT NOT NULL, threshold DOUBLE PRECISION NOT NULL,
                is_active SMALLINT NOT NULL, channel TEXT NOT NULL, settings TEXT NOT NULL, state TEXT,
                health TEXT NOT NULL, revision BIGINT NOT NULL, created_at BIGINT NOT NULL
            )
            """,
            "CREATE INDEX alert_rules_by_server ON alert_rules (server_id, id)",
            """
            CREATE TABLE alert_events (
                id \(dialect.identity), rule_id BIGINT NOT NULL, server_id BIGINT, metric_name TEXT NOT NULL,
                value DOUBLE PRECISION, status TEXT NOT NULL, series TEXT NOT NULL, created_at BIGINT NOT NULL,
                incident_id BIGINT
            )
            """,
            "CREATE INDEX alert_events_by_rule ON alert_events (rule_id, id)",
            "CREATE INDEX alert_events_by_server ON alert_events (server_id, id)",
            "CREATE INDEX alert_events_by_age ON alert_events (created_at)",
        ]
    } down: { _ in
        ["DROP TABLE alert_events", "DROP TABLE alert_rules", "DROP TABLE servers"]
    }
}
