package import Base
package import Domain
package import SQL

/// Writes and reads the outbox within the caller's transaction.
package struct OutboxStore {
    let session: any SQLSession

    package init(_ session: any SQLSession) { self.session = session }

    static let columns = """
        id, channel_id, incident_id, event, state, due_at, created_at, group_key, group_interval, repeat_interval, content
        """

    static let table = StoredTable("outbox_items", columns: columns)

    /// Adds items; does nothing for an empty list.
    ///
    /// Throws the `SQLError` of the write, such as `.full` or `.readOnly`.
    package func enqueue(_ items: [OutboxItem]) async throws(SQLError) {
        guard !items.isEmpty else { return }
        _ = try await session.executeMany(
            """
            INSERT INTO outbox_items (channel_id, incident_id, event, state, due_at, created_at, group_key,
                group_interval, repeat_interval, content)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
            """,
            columns: 10,
            values: items.flatMap { item -> [SQLValue] in
                [
                    .integer(item.channel.rawValue), .integer(item.incident.rawValue), .text(item.event.rawValue),
                    .text(item.state.rawValue), .integer(item.dueAt.milliseconds),
                    .integer(item.createdAt.milliseconds), .text(item.group),
                    .integer(item.groupInterval.wholeMilliseconds),
                    .integer(item.repeatInterval?.wholeMilliseconds), .text(item.storedContent.description),
                ]
            }
        )
    }

    /// An item that was taken back.
    package struct Withdrawal: Sendable, Equatable {
        package let channel: ChannelID
        package let event: String
        package let state: String
    }

    /// Takes back what was not sent yet of an incident, and says what that was.
    ///
    /// Throws `.corrupt` when one of the rows holds no number of a channel, and otherwise the `SQLError` of the write,
    /// such as `.full` or `.readOnly`.
    @discardableResult
    package func withdraw(
        _ incident: IncidentID,
        events: [AlertMessage.Event]
    ) async throws(SQLError) -> [Withdrawal] {
        let names = events.indices.map { "$\($0 + 2)" }.joined(separator: ", ")
        let rows = try await session.query(
            """
            DELETE FROM outbox_items WHERE incident_id = $1 AND state <> 'told' AND event IN (\(names))
            RETURNING channel_id, event, state
            """,
            [.integer(incident.rawValue)] + events.map { .text($0.rawValue) }
        )
        var withdrawn: [Withdrawal] = []
        for row in rows {
            let channel = ChannelID(rawValue: try row.integer(0))
            withdrawn.append(Withdrawal(channel: channel, event: try row.text(1), state: try row.text(2)))
        }
        return withdrawn
    }

    /// The channels that take an incident for running, with what was sent to them last.
    ///
    /// What is on its way counts as sent. What was given up does not, unless some recipients have it; with
    /// `includingLost` it counts too.
    ///
    /// Rows that cannot be read are left out. Throws the `SQLError` of the read, such as `.corrupt` or `.unavailable`.
    package func told(
        _ incident: IncidentID,
        includingLost: Bool = false
    ) async throws(SQLError) -> [OutboxItem] {
        let reached = includingLost ? "" : " AND \(Self.isReached("l"))"
        let items = try await session.readable(
            Self.table,
            """
            SELECT \(Self.columns) FROM outbox_items i WHERE i.incident_id = $1 AND i.state = 'told'
                AND i.id = (SELECT MAX(l.id) FROM outbox_items l WHERE l.incident_id = $1 AND l.state = 'told'
                    AND l.channel_id = i.channel_id\(reached))
            ORDER BY i.channel_id
            """,
            [.integer(incident.rawValue)]
        ) { row throws(SQLError) in try Self.item(row) }
        return items.filter { $0.event != .resolved }
    }

    /// Has the end of a monitor's last incident before another one sent now: with the other one it is not reopened.
    ///
    /// Throws the `SQLError` of the write, such as `.full` or `.readOnly`.
    package func hastenEnd(
        before incident: IncidentID,
        of monitor: MonitorID,
        at now: Timestamp
    ) async throws(SQLError) {
        _ = try await session.execute(
            """
            UPDATE outbox_items SET due_at = $3 WHERE event = 'resolved' AND state = 'queued' AND due_at > $3
                AND incident_id = (SELECT MAX(id) FROM incidents
                    WHERE monitor_id = $2 AND kind = 'monitor' AND id < $1)
            """,
            [.integer(incident.rawValue), .integer(monitor.rawValue), .integer(now.milliseconds)]
        )
    }

    /// The condition that an item that stands in a notification got to somebody, or still may.
    static func isReached(_ item: String) -> String {
        """
        NOT EXISTS (SELECT 1 FROM notifications d
            WHERE d.id = \(item).notification_id AND d.state = 'dead' AND d.recipients IS NULL)
        """
    }

    /// Whether a channel got, or may still get, any message that an incident runs.
    ///
    /// Throws the `SQLError` of the read, such as `.corrupt` or `.unavailable`.
    package func isBegun(_ incident: IncidentID, on channel: ChannelID) async throws(SQLError) -> Bool {
        let rows = try await session.query(
            """
            SELECT 1 FROM outbox_items l WHERE l.incident_id = $1 AND l.channel_id = $2 AND l.state = 'told'
                AND l.event IN ('firing', 'reminder') AND \(Self.isReached("l")) LIMIT 1
            """,
            [.integer(incident.rawValue), .integer(channel.rawValue)]
        )
        return !rows.isEmpty
    }

    /// The channels that have, or had, news of an incident to send.
    ///
    /// Throws `.corrupt` when one of the rows holds no number of a channel, and otherwise the `SQLError` of the read.
    package func channels(of incident: IncidentID) async throws(SQLError) -> Set<ChannelID> {
        let rows = try await session.query(
            "SELECT DISTINCT channel_id FROM outbox_items WHERE incident_id = $1",
            [.integer(incident.rawValue)]
        )
        var found: Set<ChannelID> = []
        for row in rows { found.insert(ChannelID(rawValue: try row.integer(0))) }
        return found
    }

    /// The channels for which an incident's items of one event are still waiting.
    ///
    /// Throws `.corrupt` when one of the rows holds no number of a channel, and otherwise the `SQLError` of the read.
    package func waiting(_ incident: IncidentID, _ event: AlertMessage.Event) async throws(SQLError) -> Set<ChannelID> {
        let rows = try await session.query(
            "SELECT channel_id FROM outbox_items WHERE incident_id = $1 AND event = $2 AND state <> 'told'",
            [.integer(incident.rawValue), .text(event.rawValue)]
        )
        var found: Set<ChannelID> = []
        for row in rows { found.insert(ChannelID(rawValue: try row.integer(0))) }
        return found
    }

    /// Holds the items of an incident that were not sent yet.
    ///
    /// Throws the `SQLError` of the write, such as `.full` or `.readOnly`.
    package func hold(_ incident: IncidentID) async throws(SQLError) {
        _ = try await session.execute(
            "UPDATE outbox_items SET state = 'held' WHERE incident_id = $1 AND state IN ('queued', 'silenced')",
            [.integer(incident.rawValue)]
        )
    }

    /// Releases the held items of incidents that an incident explained, not before `due`.
    ///
    /// The items of monitors in maintenance stay held until it ends.
    ///
    /// Throws the `SQLError` of the write, such as `.full` or `.readOnly`.
    package func release(causedBy cause: IncidentID, due: Timestamp) async throws(SQLError) {
        _ = try await session.execute(
            """
            UPDATE outbox_items SET state = 'queued', due_at = $2 WHERE state = 'held' AND incident_id IN
                (SELECT i.id FROM incidents i LEFT JOIN monitor_status s ON s.monitor_id = i.monitor_id
                WHERE i.caused_by = $1 AND i.state <> 'resolved' AND COALESCE(s.state, '') <> 'maintenance')
            """,
            [.integer(cause.rawValue), .integer(due.milliseconds)]
        )
    }

    /// Releases the held items of an incident after maintenance, not before `due`.
    ///
    /// They stay held while another running incident explains it.
    ///
    /// Throws the `SQLError` of the write, such as `.full` or `.readOnly`.
    package func release(_ incident: IncidentID, due: Timestamp) async throws(SQLError) {
        _ = try await session.execute(
            """
            UPDATE outbox_items SET state = 'queued', due_at = CASE WHEN due_at > $2 THEN due_at ELSE $2 END
            WHERE state = 'held' AND incident_id = $1 AND NOT EXISTS (
                SELECT 1 FROM incidents i JOIN incidents c ON c.id = i.caused_by
                WHERE i.id = $1 AND c.state <> 'resolved')
            """,
            [.integer(incident.rawValue), .integer(due.milliseconds)]
        )
    }

    /// Makes silenced items due now, so that silences are evaluated again.
    ///
    /// Throws the `SQLError` of the write, such as `.full` or `.readOnly`.
    package func releaseSilenced(at now: Timestamp) async throws(SQLError) {
        _ = try await session.execute(
            "UPDATE outbox_items SET state = 'queued', due_at = $1 WHERE state = 'silenced'",
            [.integer(now.milliseconds)]
        )
    }

    static func item(_ row: Row) throws(SQLError) -> OutboxItem {
        let id = try row.integer(0)
        let event: AlertMessage.Event = try row.word(3)
        let state: OutboxItem.State = try row.word(4)
        let json = try row.json(10)
        guard let content = AlertMessage.Item(json: json) else {
            throw row.corrupt(10, "holds no item of a message")
        }
        var route = Route(ChannelID(rawValue: try row.integer(1)))
        route.group = try row.optionalText(7)
        route.groupInterval = try row.duration(8)
        route.repeatInterval = try row.optionalDuration(9)
        var item = OutboxItem(
            route,
            IncidentID(rawValue: try row.integer(2)),
            content,
            dueAt: try row.time(5),
            now: try row.time(6)
        )
        (item.id, item.event, item.state) = (id, event, state)
        guard item.readRest(of: json) else { throw row.corrupt(10, "holds no list of channels, or no time") }
        return item
    }
}
