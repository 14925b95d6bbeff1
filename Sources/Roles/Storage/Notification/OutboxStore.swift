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
    /// Rows that cannot be read are removed without being described. Throws the `SQLError` of the write, such as `.full`
    /// or `.readOnly`.
    @discardableResult
    package func withdraw(
        _ incident: IncidentID,
        events: [AlertMessage.Event]
    ) async throws(SQLError) -> [Withdrawal] {
        let names = events.indices.map { "$\($0 + 2)" }.joined(separator: ", ")
        let rows = try await session.query(
            """
            DELETE FROM outbox_items WHERE incident_id = $1 AND state <> 'told' AND event IN (\(names))
            RETURNING id, channel_id, event, state
            """,
            [.integer(incident.rawValue)] + events.map { .text($0.rawValue) }
        )
        for row in rows { session.rowFaults.forget((try? row.integer(0)) ?? 0, of: Self.table.name) }
        return rows.compactMap { row in
            guard let channel = try? row.integer(1), let event = try? row.text(2), let state = try? row.text(3) else {
                return nil
            }
            return Withdrawal(channel: ChannelID(rawValue: channel), event: event, state: state)
        }
    }

    /// The channels that take an incident for running, with what was sent to them last.
    ///
    /// What is on its way counts as sent. What was given up does not, unless some recipients have it; with
    /// `includingLost` it counts too.
    ///
    /// Rows that cannot be read are left out. Throws the `SQLError` of the read, such as `.corrupt` or `.unavailable`.
    package func notified(
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
    /// Rows that cannot be read are left out. Throws the `SQLError` of the read, such as `.corrupt` or `.unavailable`.
    package func channels(of incident: IncidentID) async throws(SQLError) -> Set<ChannelID> {
        try await channels("incident_id = $1", [.integer(incident.rawValue)])
    }

    /// The channels for which an incident's items of one event are still waiting.
    ///
    /// Rows that cannot be read are left out. Throws the `SQLError` of the read, such as `.corrupt` or `.unavailable`.
    package func waiting(_ incident: IncidentID, _ event: AlertMessage.Event) async throws(SQLError) -> Set<ChannelID> {
        try await channels(
            "incident_id = $1 AND event = $2 AND state <> 'told'",
            [.integer(incident.rawValue), .text(event.rawValue)]
        )
    }

    private func channels(_ condition: String, _ values: [SQLValue]) async throws(SQLError) -> Set<ChannelID> {
        let sql = "SELECT channel_id, MIN(id) FROM outbox_items WHERE \(condition) GROUP BY channel_id"
        var found: Set<ChannelID> = []
        for row in try await session.query(sql, values) {
            if let id = try? row.integer(0) {
                found.insert(ChannelID(rawValue: id))
            } else if let item = try? row.integer(1) {
                let problem = "channel_id is no number of a channel"
                session.rowFaults.note([RowFault(table: Self.table.name, row: "\(item)", problem: problem)])
            }
        }
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
