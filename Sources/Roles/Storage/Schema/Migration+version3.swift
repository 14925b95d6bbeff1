import SQL

extension Migration {
    /// Channels, policies and silences; the outbox: items, the notifications made of them, and their attempts.
    static let version3 = Migration(version: 3, name: "notifications") { dialect in
        [
            """
            CREATE TABLE monitor_dependencies (
                monitor_id BIGINT NOT NULL, parent_id BIGINT NOT NULL, PRIMARY KEY (monitor_id, parent_id)
            )\(dialect.orderedByKey)
            """,
            "CREATE INDEX monitor_dependencies_by_parent ON monitor_dependencies (parent_id, monitor_id)",
            """
            CREATE TABLE channels (
                id \(dialect.identity), name TEXT NOT NULL UNIQUE, kind TEXT NOT NULL, settings TEXT NOT NULL,
                is_enabled SMALLINT NOT NULL, is_default SMALLINT NOT NULL, sends_resolved SMALLINT NOT NULL,
                rate_per_minute BIGINT NOT NULL, origin TEXT NOT NULL, created_at BIGINT NOT NULL,
                updated_at BIGINT NOT NULL
            )
            """,
            """
            CREATE TABLE policies (
                id \(dialect.identity), name TEXT NOT NULL UNIQUE, position BIGINT NOT NULL,
                is_enabled SMALLINT NOT NULL, settings TEXT NOT NULL
            )
            """,
            """
            CREATE TABLE silences (
                id \(dialect.identity), matchers TEXT NOT NULL, starts_at BIGINT NOT NULL, ends_at BIGINT NOT NULL,
                author TEXT, comment TEXT NOT NULL
            )
            """,
            "CREATE INDEX silences_by_end ON silences (ends_at)",
            """
            CREATE TABLE outbox_items (
                id \(dialect.identity), channel_id BIGINT NOT NULL, incident_id BIGINT NOT NULL, event TEXT NOT NULL,
                state TEXT NOT NULL, due_at BIGINT NOT NULL, created_at BIGINT NOT NULL, group_key TEXT,
                group_interval BIGINT NOT NULL, repeat_interval BIGINT, notification_id BIGINT, content TEXT NOT NULL
            )
            """,
            "CREATE INDEX outbox_items_by_due ON outbox_items (channel_id, state, due_at)",
            "CREATE INDEX outbox_items_by_incident ON outbox_items (incident_id, channel_id)",
            "CREATE INDEX outbox_items_by_notification ON outbox_items (notification_id)",
            """
            CREATE TABLE notifications (
                id \(dialect.identity), channel_id BIGINT NOT NULL, state TEXT NOT NULL, group_key TEXT,
                created_at BIGINT NOT NULL, attempts BIGINT NOT NULL, next_at BIGINT NOT NULL, finished_at BIGINT,
                reference TEXT, error TEXT, message TEXT NOT NULL
            )
            """,
            "CREATE INDEX notifications_by_channel ON notifications (channel_id, state, next_at)",
            "CREATE INDEX notifications_by_end ON notifications (finished_at)",
            """
            CREATE TABLE notification_tries (
                id \(dialect.identity), notification_id BIGINT NOT NULL, at BIGINT NOT NULL,
                duration BIGINT NOT NULL, outcome TEXT NOT NULL, detail TEXT
            )
            """,
            "CREATE INDEX notification_tries_by_notification ON notification_tries (notification_id, id)",
            "CREATE TABLE installation (id TEXT NOT NULL)",
        ]
    } down: { _ in
        [
            "DROP TABLE installation", "DROP TABLE notification_tries", "DROP TABLE notifications",
            "DROP TABLE outbox_items",
            "DROP TABLE silences", "DROP TABLE policies", "DROP TABLE channels", "DROP TABLE monitor_dependencies",
        ]
    }
}
