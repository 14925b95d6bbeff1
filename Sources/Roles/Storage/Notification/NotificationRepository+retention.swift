package import Base
import SQL

extension NotificationRepository {
    /// Removes reminders that were finished before an instant, at most `limit`; returns how many.
    ///
    /// Other items of open incidents stay: a channel that was notified of the beginning gets the end too, however late.
    ///
    /// Throws `.database` when the database cannot be written.
    package func purgeReminders(finishedBefore instant: Timestamp, limit: Int) async throws(StorageError) -> Int {
        try await delete(
            """
            DELETE FROM outbox_items WHERE id IN (
                SELECT i.id FROM notifications n JOIN outbox_items i ON i.notification_id = n.id
                WHERE n.finished_at < $1 AND i.event = 'reminder' LIMIT $2)
            """,
            instant,
            limit
        )
    }

    /// Removes finished notifications without items, at most `limit`; returns how many.
    ///
    /// Those that were finished before an instant. Their attempts are removed too.
    ///
    /// Their attempts are removed too.
    ///
    /// Throws `.database` when the database cannot be written. Nothing is removed then.
    package func purge(finishedBefore instant: Timestamp, limit: Int) async throws(StorageError) -> Int {
        do throws(SQLError) {
            return try await database.transaction { session throws(SQLError) in
                let old = """
                    SELECT n.id FROM notifications n WHERE n.finished_at < $1 AND NOT EXISTS (
                        SELECT 1 FROM outbox_items i WHERE i.notification_id = n.id)
                    ORDER BY n.finished_at LIMIT $2
                    """
                let values: [SQLValue] = [.integer(instant.milliseconds), .integer(Int64(limit))]
                _ = try await session.execute(
                    "DELETE FROM notification_tries WHERE notification_id IN (\(old))",
                    values
                )
                return try await session.execute("DELETE FROM notifications WHERE id IN (\(old))", values)
            }
        } catch { throw StorageError(error) }
    }

    private func delete(_ sql: String, _ instant: Timestamp, _ limit: Int) async throws(StorageError) -> Int {
        do throws(SQLError) {
            return try await database.execute(sql, [.integer(instant.milliseconds), .integer(Int64(limit))])
        } catch { throw StorageError(error) }
    }
}
