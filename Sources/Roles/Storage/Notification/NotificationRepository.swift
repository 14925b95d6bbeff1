package import Base
package import Domain
package import SQL

/// Reads and writes notifications with their attempts.
package struct NotificationRepository: Sendable {
    let database: any Database

    package init(database: any Database) { self.database = database }

    private static let columns = """
        n.id, n.channel_id, n.state, n.created_at, n.attempts, n.next_at, n.finished_at, n.reference, n.error, n.message,
        n.recipients
        """

    private static let table = StoredTable("notifications", columns: columns)
    private static let tryColumns = "id, at, duration, outcome, detail"
    private static let tryTable = StoredTable("notification_tries", columns: tryColumns)

    /// A channel's pending notifications, the oldest first, without the known ones; looks at `limit`.
    ///
    /// Rows that cannot be read are left out. Throws the `SQLError` of the read, such as `.corrupt` or `.unavailable`.
    package func pending(
        _ channel: ChannelID,
        besides known: Set<Int64> = [],
        limit: Int
    ) async throws(SQLError) -> [Notification] {
        // Messages are read only of new notifications: channel workers ask often, and know nearly all of them.
        let found = try await database.query(
            "SELECT id FROM notifications WHERE channel_id = $1 AND state = 'pending' ORDER BY id LIMIT $2",
            [.integer(channel.rawValue), .integer(Int64(limit))]
        )
        var new: [SQLValue] = []
        for row in found where !known.contains(try row.integer(0)) { new.append(.integer(try row.integer(0))) }
        guard !new.isEmpty else { return [] }
        let places = new.indices.map { "$\($0 + 1)" }.joined(separator: ", ")
        return try await rows(" WHERE n.id IN (\(places)) AND n.state = 'pending' ORDER BY n.id", new)
    }

    /// Notifications with a number below `before`, newest first, at most `limit`; nil members do not restrict it.
    ///
    /// Rows that cannot be read are left out. Throws `.database` when the database cannot be read.
    package func list(
        channel: ChannelID? = nil,
        state: Notification.State? = nil,
        incident: IncidentID? = nil,
        before: Int64? = nil,
        limit: Int
    ) async throws(StorageError) -> [Notification] {
        var clauses = ["n.id < $1"]
        var values: [SQLValue] = [.integer(before ?? .max)]
        if let channel {
            values.append(.integer(channel.rawValue))
            clauses.append("n.channel_id = $\(values.count)")
        }
        if let state {
            values.append(.text(state.rawValue))
            clauses.append("n.state = $\(values.count)")
        }
        if let incident {
            values.append(.integer(incident.rawValue))
            clauses.append("n.id IN (SELECT notification_id FROM outbox_items WHERE incident_id = $\(values.count))")
        }
        values.append(.integer(Int64(limit)))
        do throws(SQLError) {
            return try await rows(
                " WHERE \(clauses.joined(separator: " AND ")) ORDER BY n.id DESC LIMIT $\(values.count)",
                values
            )
        } catch { throw StorageError(error) }
    }

    /// One notification; nil when there is none.
    ///
    /// Throws `.unreadable` when its row cannot be read, `.database` when the database cannot be.
    package func notification(_ id: Int64) async throws(StorageError) -> Notification? {
        do throws(SQLError) {
            let sql = "SELECT \(Self.columns) FROM notifications n WHERE n.id = $1"
            return try await database.readableFirst(Self.table, sql, [.integer(id)]) { row throws(SQLError) in
                try Self.notification(row)
            }
        } catch { throw StorageError(error) }
    }

    /// The attempts of a notification, oldest first.
    ///
    /// Rows that cannot be read are left out. Throws `.database` when the database cannot be read.
    package func tries(of id: Int64) async throws(StorageError) -> [NotificationTry] {
        do throws(SQLError) {
            return try await database.readable(
                Self.tryTable,
                "SELECT \(Self.tryColumns) FROM notification_tries WHERE notification_id = $1 ORDER BY id",
                [.integer(id)]
            ) { row throws(SQLError) in
                NotificationTry(
                    at: try row.time(1),
                    duration: try row.duration(2),
                    outcome: try row.text(3),
                    detail: try row.optionalText(4)
                )
            }
        } catch { throw StorageError(error) }
    }

    /// Stores the outcome of an attempt.
    ///
    /// A final outcome is noted in the timelines of the incidents, where `channel` names the receiver.
    ///
    /// What is given up goes to the channel that takes over, which is the answer; nil when none does. Throws the `SQLError` of the transaction, such as `.busy` or `.full`; nothing is written then.
    package func record(
        _ notification: Notification,
        _ attempt: NotificationTry,
        channel: String
    ) async throws(SQLError) -> FallbackDelivery? {
        try await database.transaction { session throws(SQLError) -> FallbackDelivery? in
            _ = try await session.execute(
                """
                UPDATE notifications SET state = $2, attempts = $3, next_at = $4, finished_at = $5, reference = $6,
                    error = $7, recipients = $8
                WHERE id = $1 AND state = 'pending'
                """,
                [
                    .integer(notification.id), .text(notification.state.rawValue),
                    .integer(Int64(notification.attempts)), .integer(notification.nextAt.milliseconds),
                    .integer(notification.finishedAt?.milliseconds), .text(notification.reference),
                    .text(notification.error), .text(notification.message.recipientList),
                ]
            )
            _ = try await session.execute(
                """
                INSERT INTO notification_tries (notification_id, at, duration, outcome, detail)
                VALUES ($1, $2, $3, $4, $5)
                """,
                [
                    .integer(notification.id), .integer(attempt.at.milliseconds),
                    .integer(attempt.duration.wholeMilliseconds), .text(attempt.outcome), .text(attempt.detail),
                ]
            )
            try await Self.note(notification, channel, session)
            return try await Self.fallBack(notification, session)
        }
    }

    /// The most timeline lines with which reminders are still noted: real events need room.
    private static let reminderLimit = 100

    /// Notes in the timelines of a notification's incidents who was notified of what, or that it was given up.
    private static func note(
        _ notification: Notification,
        _ channel: String,
        _ session: any SQLSession
    ) async throws(SQLError) {
        guard let at = notification.finishedAt else { return }
        var detail = JSONObject()
        detail["notification_id"] = .integer(notification.id)
        detail["channel_id"] = .integer(notification.channel.rawValue)
        let words: (before: String, after: String) =
            notification.state == .delivered
            ? ("Sent to \(channel): ", "")
            : ("Could not be sent to \(channel), given up: ", notification.error.map { " (\($0))" } ?? "")
        _ = try await session.execute(
            """
            INSERT INTO incident_events (incident_id, at, kind, author, text, detail)
            SELECT o.incident_id, $2, 'notified', NULL, $3 || o.event || $4, $5 FROM outbox_items o
            JOIN incidents i ON i.id = o.incident_id
            WHERE o.notification_id = $1 AND
                (SELECT COUNT(*) FROM incident_events e WHERE e.incident_id = o.incident_id)
                    < CASE o.event WHEN 'reminder' THEN $6 ELSE $7 END
            ORDER BY o.id
            """,
            [
                .integer(notification.id), .integer(at.milliseconds), .text(words.before), .text(words.after),
                .text(JSONValue.object(detail).description), .integer(Int64(reminderLimit)),
                .integer(Int64(IncidentStore.eventLimit)),
            ]
        )
    }

    /// Makes a dead notification pending again; false when there is none that is dead.
    ///
    /// When receivers were meanwhile notified of the incident's end, they are notified of it again afterwards, so that
    /// the last message is true.
    ///
    /// Throws `.database` when the database cannot be written.
    package func revive(_ id: Int64, at now: Timestamp) async throws(StorageError) -> Bool {
        do throws(SQLError) {
            return try await database.transaction { session throws(SQLError) in
                let values: [SQLValue] = [.integer(id), .integer(now.milliseconds)]
                let revived = try await session.execute(
                    """
                    UPDATE notifications SET state = 'pending', attempts = 0, next_at = $2, finished_at = NULL
                    WHERE id = $1 AND state = 'dead'
                    """,
                    values
                )
                guard revived > 0 else { return false }
                // The ends that were not sent because this was not.
                _ = try await session.execute(
                    """
                    UPDATE outbox_items SET state = 'queued', due_at = $2 WHERE state = 'unsent' AND EXISTS (
                        SELECT 1 FROM outbox_items b WHERE b.notification_id = $1
                            AND b.incident_id = outbox_items.incident_id AND b.channel_id = outbox_items.channel_id)
                    """,
                    values
                )
                _ = try await session.execute(
                    """
                    INSERT INTO outbox_items (channel_id, incident_id, event, state, due_at, created_at, group_key,
                        group_interval, repeat_interval, content)
                    SELECT e.channel_id, e.incident_id, e.event, 'queued', $2, $2, e.group_key, e.group_interval,
                        e.repeat_interval, e.content
                    FROM outbox_items b JOIN outbox_items e
                        ON e.incident_id = b.incident_id AND e.channel_id = b.channel_id
                    WHERE b.notification_id = $1 AND b.event <> 'resolved' AND e.event = 'resolved'
                        AND e.state = 'told' AND e.notification_id <> $1 AND e.id = (
                            SELECT MAX(l.id) FROM outbox_items l
                            WHERE l.incident_id = b.incident_id AND l.channel_id = b.channel_id)
                    """,
                    values
                )
                return true
            }
        } catch { throw StorageError(error) }
    }

    private func rows(_ condition: String, _ values: [SQLValue]) async throws(SQLError) -> [Notification] {
        try await database.readable(Self.table, "SELECT \(Self.columns) FROM notifications n\(condition)", values) {
            row throws(SQLError) in try Self.notification(row)
        }
    }

    private static func notification(_ row: Row) throws(SQLError) -> Notification {
        let id = try row.integer(0)
        let state: Notification.State = try row.word(2)
        guard let message = AlertMessage(json: try row.json(9)) else { throw row.corrupt(9, "holds no message") }
        var notification = Notification(
            id: id,
            channel: ChannelID(rawValue: try row.integer(1)),
            state: state,
            createdAt: try row.time(3),
            attempts: try row.count(4),
            nextAt: try row.time(5),
            message: message
        )
        notification.finishedAt = try row.optionalTime(6)
        (notification.reference, notification.error) = (try row.optionalText(7), try row.optionalText(8))
        if let list = try row.optionalText(10) {
            guard let names = (try? JSONValue(parsing: list))?.arrayValue?.map(\.stringValue), !names.contains(nil)
            else {
                throw row.corrupt(10, "holds no list of recipients")
            }
            notification.message.recipients = names.compactMap(\.self)
        }
        return notification
    }
}

extension AlertMessage {
    /// The remaining recipients in their stored form; nil for all.
    fileprivate var recipientList: String? {
        recipients.isEmpty ? nil : JSONValue.array(recipients.map { .string($0) }).description
    }
}
