package import Base
package import Domain
package import SQL

/// The outbox for the sender: due items become notifications, which are tried until they are finished.
package struct OutboxRepository: Sendable {
    let database: any Database

    package init(database: any Database) { self.database = database }

    /// The most items that one call looks at.
    package static let batch = 10_000

    /// Makes notifications of what is due for a channel, as the body puts it together.
    ///
    /// Left alone is what belongs to an incident that another notification on its way, or an earlier item that is due,
    /// tells of: the order of an incident's news is kept. The body gets the due items, oldest first, and gives messages with the items that they
    /// are made of, and reminders to come; items that it puts off get a new time. At most `limit` items are looked at.
    ///
    /// Items that cannot be read are left out. Throws the error of the body, or the `SQLError` of the transaction, such
    /// as `.busy` or `.full`; nothing is written then.
    package func bundle(
        _ channel: ChannelID,
        at now: Timestamp,
        limit: Int = batch,
        _ body: @Sendable ([OutboxItem], any SQLSession) async throws(SQLError) -> Bundling
    ) async throws(SQLError) -> [Notification] {
        try await database.transaction { session throws(SQLError) in
            let known = session.unreadable(OutboxStore.table.name)
            var items = try await Self.due(channel, at: now, limit: limit, session)
            // What was found to be unreadable just now has hidden what follows it.
            if session.unreadable(OutboxStore.table.name) != known {
                items = try await Self.due(channel, at: now, limit: limit, session)
            }
            guard !items.isEmpty else { return [] }
            return try await Self.write(try await body(items, session), channel, at: now, session)
        }
    }

    /// An unreadable row waits until somebody repairs or deletes it; it delays neither the others nor what follows it:
    /// who was notified of an incident is notified of its end.
    private static func due(
        _ channel: ChannelID,
        at now: Timestamp,
        limit: Int,
        _ session: any SQLSession
    ) async throws(SQLError) -> [OutboxItem] {
        let messages = session.unreadable("notifications").map { " AND n.id NOT IN (\($0))" } ?? ""
        let earlier = session.unreadable(OutboxStore.table.name).map { " AND p.id NOT IN (\($0))" } ?? ""
        return try await session.readable(
            OutboxStore.table,
            """
            SELECT \(OutboxStore.columns) FROM outbox_items i
            WHERE i.channel_id = $1 AND i.state IN ('queued', 'silenced') AND i.due_at <= $2 AND NOT EXISTS (
                SELECT 1 FROM outbox_items o JOIN notifications n ON n.id = o.notification_id
                WHERE o.incident_id = i.incident_id AND o.channel_id = $1 AND o.state = 'told'
                    AND n.state = 'pending'\(messages))
                AND NOT EXISTS (SELECT 1 FROM outbox_items p WHERE p.incident_id = i.incident_id
                    AND p.channel_id = $1 AND p.id < i.id AND p.state = 'queued' AND p.due_at <= $2\(earlier))
            ORDER BY i.id LIMIT $3
            """,
            [.integer(channel.rawValue), .integer(now.milliseconds), .integer(Int64(min(limit, batch)))]
        ) { row throws(SQLError) in try OutboxStore.item(row) }
    }

    private static func write(
        _ bundling: Bundling,
        _ channel: ChannelID,
        at now: Timestamp,
        _ session: any SQLSession
    ) async throws(SQLError) -> [Notification] {
        for delay in bundling.putOff {
            _ = try await session.execute(
                "UPDATE outbox_items SET due_at = $2, state = $3 WHERE id = $1",
                [.integer(delay.item), .integer(delay.until.milliseconds), .text(delay.state.rawValue)]
            )
        }
        var made: [Notification] = []
        for draft in bundling.messages {
            let rows = try await session.query(
                """
                INSERT INTO notifications (channel_id, state, group_key, created_at, attempts, next_at, message)
                VALUES ($1, 'pending', $2, $3, 0, $3, $4) RETURNING id
                """,
                [
                    .integer(channel.rawValue), .text(draft.group), .integer(now.milliseconds),
                    .text(draft.message.json.description),
                ]
            )
            guard let id = try rows.first?.integer(0) else { throw .programming("no id was returned") }
            _ = try await session.executeMany(
                "UPDATE outbox_items SET state = 'told', notification_id = $1 WHERE id = $2",
                columns: 2,
                values: draft.items.flatMap { [.integer(id), .integer($0)] }
            )
            made.append(
                Notification(
                    id: id,
                    channel: channel,
                    state: .pending,
                    createdAt: now,
                    attempts: 0,
                    nextAt: now,
                    message: draft.message
                )
            )
        }
        try await OutboxStore(session).enqueue(bundling.reminders)
        return made
    }

    /// When the next item of a channel is due; nil when none is waiting.
    ///
    /// Items that are known to be unreadable do not count. Throws the `SQLError` of the read, such as `.corrupt` or
    /// `.unavailable`.
    package func nextDue(_ channel: ChannelID) async throws(SQLError) -> Timestamp? {
        // An unreadable item is never sent, and must not hide the items after it.
        let others = database.unreadable(OutboxStore.table.name).map { " AND id NOT IN (\($0))" } ?? ""
        let rows = try await database.query(
            """
            SELECT MIN(due_at) FROM outbox_items
            WHERE channel_id = $1 AND state IN ('queued', 'silenced') AND due_at <= $2\(others)
            """,
            [.integer(channel.rawValue), .integer(Timestamp.distantFuture.milliseconds)]
        )
        return rows.first.flatMap { try? $0.integer(0) }.map(Timestamp.init(milliseconds:))
    }

    /// Moves all waiting items of a channel by the step by which the clock was set.
    ///
    /// Throws the `SQLError` of the transaction, such as `.busy` or `.full`; nothing is written then.
    package func shift(_ channel: ChannelID, by step: Duration) async throws(SQLError) {
        let values: [SQLValue] = [.integer(channel.rawValue), .integer(step.wholeMilliseconds)]
        try await database.transaction { session throws(SQLError) in
            _ = try await session.execute(
                """
                UPDATE outbox_items SET due_at = due_at + $2, created_at = created_at + $2
                WHERE channel_id = $1 AND state <> 'told'
                """,
                values
            )
            _ = try await session.execute(
                """
                UPDATE notifications SET next_at = next_at + $2, created_at = created_at + $2
                WHERE channel_id = $1 AND state = 'pending'
                """,
                values
            )
        }
    }

    /// When the newest waiting item of a channel was created; nil when there is none.
    ///
    /// Throws the `SQLError` of the read, such as `.corrupt` or `.unavailable`.
    package func newest(_ channel: ChannelID) async throws(SQLError) -> Timestamp? {
        let rows = try await database.query(
            """
            SELECT MAX(created_at) FROM (
                SELECT created_at FROM outbox_items WHERE channel_id = $1 AND state IN ('queued', 'silenced', 'held')
                UNION ALL SELECT created_at FROM notifications WHERE channel_id = $1 AND state = 'pending') AS waiting
            WHERE created_at <= $2
            """,
            [.integer(channel.rawValue), .integer(Timestamp.distantFuture.milliseconds)]
        )
        return rows.first.flatMap { try? $0.integer(0) }.map(Timestamp.init(milliseconds:))
    }

    /// Until when the oldest of a group's queued beginnings waits for others; nil when it does not.
    ///
    /// Throws the `SQLError` of the read, such as `.corrupt` or `.unavailable`.
    package static func firstWait(
        _ channel: ChannelID,
        group: String,
        _ session: any SQLSession
    ) async throws(SQLError) -> Timestamp? {
        let items = try await session.readable(
            OutboxStore.table,
            """
            SELECT \(OutboxStore.columns) FROM outbox_items WHERE channel_id = $1 AND group_key = $2
                AND state = 'queued' AND event = 'firing' ORDER BY id LIMIT 1
            """,
            [.integer(channel.rawValue), .text(group)]
        ) { row throws(SQLError) in try OutboxStore.item(row) }
        return items.first?.waitUntil
    }

    /// When a group of a channel was last notified; nil when it never was.
    ///
    /// Throws the `SQLError` of the read, such as `.corrupt` or `.unavailable`.
    package static func lastNotified(
        _ channel: ChannelID,
        group: String,
        _ session: any SQLSession
    ) async throws(SQLError) -> Timestamp? {
        let rows = try await session.query(
            "SELECT MAX(created_at) FROM notifications WHERE channel_id = $1 AND group_key = $2 AND created_at <= $3",
            [.integer(channel.rawValue), .text(group), .integer(Timestamp.distantFuture.milliseconds)]
        )
        return rows.first.flatMap { try? $0.integer(0) }.map(Timestamp.init(milliseconds:))
    }
}

extension SQLSession {
    /// The ids of a table's rows that are known to be unreadable, with commas between them; nil for none.
    fileprivate func unreadable(_ table: String) -> String? {
        let ids = rowFaults.rows(in: table).compactMap { Int64($0) }
        return ids.isEmpty ? nil : ids.map(String.init).joined(separator: ", ")
    }
}

/// What is made of due items.
package struct Bundling: Sendable {
    /// A message and its items.
    package struct Draft: Sendable {
        package var message: AlertMessage
        package var items: [Int64]
        package var group: String?

        package init(_ message: AlertMessage, items: [Int64], group: String?) {
            (self.message, self.items, self.group) = (message, items, group)
        }
    }

    /// An item that must wait.
    package struct Delay: Sendable {
        package var item: Int64
        package var until: Timestamp
        package var state: OutboxItem.State

        package init(_ item: Int64, until: Timestamp, _ state: OutboxItem.State) {
            (self.item, self.until, self.state) = (item, until, state)
        }
    }

    package var messages: [Draft] = []
    package var putOff: [Delay] = []
    package var reminders: [OutboxItem] = []

    package init() {}
}
