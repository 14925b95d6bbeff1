import SQL

extension Migration {
    /// The recipients that a notification still has to reach, and the fallback channel of a channel that fails.
    static let version8 = Migration(version: 8, name: "deliveries") { _ in
        [
            "ALTER TABLE notifications ADD COLUMN recipients TEXT",
            "ALTER TABLE channels ADD COLUMN fallback_id BIGINT",
        ]
    } down: { _ in
        ["ALTER TABLE channels DROP COLUMN fallback_id", "ALTER TABLE notifications DROP COLUMN recipients"]
    }
}
