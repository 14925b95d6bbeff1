import SQL

extension Migration {
    /// Verdicts beside states, alerting settings, incidents with their timelines.
    static let version2 = Migration(version: 2, name: "incidents") { dialect in
        [
            "ALTER TABLE monitors ADD COLUMN alerting TEXT",
            "ALTER TABLE monitor_status ADD COLUMN verdict TEXT",
            """
            CREATE TABLE incidents (
                id \(dialect.identity), kind TEXT NOT NULL, monitor_id BIGINT, rule_id BIGINT, part TEXT NOT NULL,
                subject TEXT NOT NULL, target TEXT NOT NULL, severity TEXT NOT NULL, state TEXT NOT NULL, reason TEXT,
                message TEXT NOT NULL, opened_at BIGINT NOT NULL, acknowledged_at BIGINT, acknowledged_by TEXT,
                resolved_at BIGINT, resolution TEXT, reopenings BIGINT NOT NULL, failures BIGINT NOT NULL,
                updated_at BIGINT NOT NULL, tags TEXT, caused_by BIGINT
            )
            """,
            "CREATE INDEX incidents_by_monitor ON incidents (monitor_id, id)",
            "CREATE INDEX incidents_by_rule ON incidents (rule_id, id)",
            "CREATE INDEX incidents_by_state ON incidents (state, id)",
            "CREATE INDEX incidents_by_end ON incidents (resolved_at)",
            """
            CREATE TABLE incident_events (
                id \(dialect.identity), incident_id BIGINT NOT NULL, at BIGINT NOT NULL, kind TEXT NOT NULL,
                author TEXT, text TEXT NOT NULL, detail TEXT
            )
            """,
            "CREATE INDEX incident_events_by_incident ON incident_events (incident_id, id)",
        ]
    } down: { _ in
        [
            "DROP TABLE incident_events", "DROP TABLE incidents", "ALTER TABLE monitor_status DROP COLUMN verdict",
            "ALTER TABLE monitors DROP COLUMN alerting",
            // States that version 1 does not know.
            "UPDATE monitor_status SET state = 'up' WHERE state = 'degraded'",
            "UPDATE monitor_status SET state = 'unknown' WHERE state NOT IN ('up', 'down', 'unknown')",
        ]
    }
}
