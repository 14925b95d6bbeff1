package import Base
package import Domain
package import SQL

/// Reads and writes channels; their settings are encrypted as a whole.
package struct ChannelRepository: Sendable {
    private let database: any Database
    private let seal: SettingsSeal

    package init(database: any Database, seal: SettingsSeal) { (self.database, self.seal) = (database, seal) }

    private static let columns = """
        id, name, kind, settings, is_enabled, is_default, sends_resolved, rate_per_minute, origin, created_at, updated_at,
        fallback_id
        """

    private static let table = StoredTable("channels", columns: columns)

    /// All channels, ordered by id.
    ///
    /// A channel whose settings cannot be opened is returned with its `fault`; other unreadable rows are left out.
    /// Throws `.database` when the database cannot be read.
    package func list() async throws(StorageError) -> [Channel] {
        do throws(SQLError) {
            return try await database.readable(Self.table, "SELECT \(Self.columns) FROM channels ORDER BY id") {
                row throws(SQLError) in try channel(row)
            }
        } catch { throw StorageError(error) }
    }

    /// One channel; nil when there is none.
    ///
    /// When its settings cannot be opened, it has a `fault`. Throws `.unreadable` when its row cannot be read,
    /// `.database` when the database cannot be.
    package func channel(_ id: ChannelID) async throws(StorageError) -> Channel? {
        do throws(SQLError) {
            let sql = "SELECT \(Self.columns) FROM channels WHERE id = $1"
            return try await database.readableFirst(Self.table, sql, [.integer(id.rawValue)]) { row throws(SQLError) in
                try channel(row)
            }
        } catch { throw StorageError(error) }
    }

    /// All channels without their settings, within the caller's transaction.
    ///
    /// Rows that cannot be read are left out. Throws the `SQLError` of the read, such as `.corrupt` or `.unavailable`.
    package func briefs(_ session: any SQLSession) async throws(SQLError) -> [Channel] {
        try await Self.briefs(session)
    }

    static func briefs(_ session: any SQLSession) async throws(SQLError) -> [Channel] {
        try await session.readable(table, "SELECT \(columns) FROM channels ORDER BY id") {
            row throws(SQLError) in try channel(row, settings: [:])
        }
    }

    /// Stores a new channel; the draft's number is ignored.
    ///
    /// Throws `.duplicate` when its name is taken, `.dependency` when its fallback cannot be one, `.database` when the
    /// database cannot be written.
    package func insert(_ draft: Channel) async throws(StorageError) -> Channel {
        do throws(SQLError) {
            return try await database.transaction { session throws(SQLError) in
                let rows = try await session.query(
                    """
                    INSERT INTO channels (name, kind, settings, is_enabled, is_default, sends_resolved,
                        rate_per_minute, origin, created_at, updated_at)
                    VALUES ($1, $2, '', $3, $4, $5, $6, $7, $8, $8) RETURNING id
                    """,
                    [.text(draft.name), .text(draft.kind)] + Self.flags(draft)
                        + [.text(draft.origin.rawValue), .integer(draft.createdAt.milliseconds)]
                )
                guard let id = try rows.first?.integer(0) else { throw .programming("no id was returned") }
                let channel = draft.numbered(ChannelID(rawValue: id))
                // The number is part of what the seal is bound to.
                try await write(channel, session)
                return channel
            }
        } catch { throw StorageError(error) }
    }

    /// Writes a channel as it is now; the timelines of incidents whose messages wait say when it is disabled.
    ///
    /// Throws `.notFound` when there is none, `.duplicate` when its name is taken, `.dependency` when its fallback is
    /// none or leads back to it, `.database` when the database cannot be written.
    package func update(_ channel: Channel) async throws(StorageError) {
        let changed: Int
        do throws(SQLError) {
            changed = try await database.transaction { session throws(SQLError) in
                if !channel.isEnabled {
                    let words = "Kept back: the channel \(channel.title) was disabled"
                    try await Self.note(words, channel.id, "c.is_enabled = 1", at: channel.updatedAt, session)
                }
                return try await write(channel, session)
            }
        } catch { throw StorageError(error) }
        if changed == 0 { throw .notFound }
        database.rowFaults.forget(channel.id.rawValue, of: Self.table.name)
    }

    /// Removes a channel and gives up what waits for it, which the timelines of its incidents say.
    ///
    /// The answer is how many incidents had messages waiting; nil when there is no such channel. Throws `.database` when
    /// the database cannot be written.
    package func delete(_ id: ChannelID, at now: Timestamp) async throws(StorageError) -> Int? {
        do throws(SQLError) {
            return try await database.transaction { session throws(SQLError) -> Int? in
                session.rowFaults.forget(id.rawValue, of: Self.table.name)
                let key: [SQLValue] = [.integer(id.rawValue)]
                let names = try await session.query("SELECT name, kind FROM channels WHERE id = $1", key)
                guard let row = names.first else { return nil }
                // The row may be one that cannot be read.
                let title = (try? "\(row.text(0)) (\(row.text(1)))") ?? "\(id)"
                let words = "Not sent to \(title): the channel was deleted"
                let count = try await Self.note(words, id, "1 = 1", at: now, session)
                _ = try await session.execute("DELETE FROM channels WHERE id = $1", key)
                _ = try await session.execute("UPDATE channels SET fallback_id = NULL WHERE fallback_id = $1", key)
                _ = try await session.execute("DELETE FROM outbox_items WHERE channel_id = $1 AND state <> 'told'", key)
                _ = try await session.execute(
                    "UPDATE notifications SET state = 'dead', error = 'the channel was deleted',"
                        + " finished_at = $2 WHERE channel_id = $1 AND state = 'pending'",
                    key + [.integer(now.milliseconds)]
                )
                return count
            }
        } catch { throw StorageError(error) }
    }

    /// Adds a line to the timelines of incidents with messages that wait for a channel that fits a condition; how many.
    @discardableResult
    private static func note(
        _ words: String,
        _ id: ChannelID,
        _ condition: String,
        at now: Timestamp,
        _ session: any SQLSession
    ) async throws(SQLError) -> Int {
        try await session.execute(
            """
            INSERT INTO incident_events (incident_id, at, kind, author, text, detail)
            SELECT DISTINCT o.incident_id, $2, 'suppressed', NULL, $3, NULL FROM outbox_items o
            JOIN channels c ON c.id = o.channel_id AND \(condition)
            JOIN incidents i ON i.id = o.incident_id
            LEFT JOIN notifications n ON n.id = o.notification_id
            WHERE o.channel_id = $1 AND o.event <> 'reminder'
                AND (o.state IN ('queued', 'silenced', 'held') OR n.state = 'pending')
                AND (SELECT COUNT(*) FROM incident_events e WHERE e.incident_id = o.incident_id) < $4
            """,
            [
                .integer(id.rawValue), .integer(now.milliseconds), .text(words),
                .integer(Int64(IncidentStore.eventLimit)),
            ]
        )
    }

    @discardableResult
    private func write(_ channel: Channel, _ session: any SQLSession) async throws(SQLError) -> Int {
        try await Self.checkFallback(of: channel, session)
        let settings = JSONObject(channel.settings.sorted { $0.key < $1.key }.map { ($0.key, .string($0.value)) })
        return try await session.execute(
            """
            UPDATE channels SET name = $2, kind = $3, settings = $4, is_enabled = $5, is_default = $6,
                sends_resolved = $7, rate_per_minute = $8, updated_at = $9, fallback_id = $10
            WHERE id = $1
            """,
            [
                .integer(channel.id.rawValue), .text(channel.name), .text(channel.kind),
                .text(seal.seal(JSONValue.object(settings).description, Self.place(channel.id))),
            ] + Self.flags(channel)
                + [.integer(channel.updatedAt.milliseconds), .integer(channel.fallback?.rawValue)]
        )
    }

    /// Refuses a fallback that is gone, or that leads back to the channel.
    private static func checkFallback(of channel: Channel, _ session: any SQLSession) async throws(SQLError) {
        guard let fallback = channel.fallback else { return }
        guard fallback != channel.id else {
            throw .constraint("\(Dependencies.mark)a channel is not its own fallback")
        }
        let channels = try await briefs(session)
        guard var next = channels.first(where: { $0.id == fallback }) else {
            throw .constraint("\(Dependencies.mark)there is no such channel")
        }
        var names = [channel.name, next.name]
        while let id = next.fallback, names.count <= channels.count + 1 {
            if id == channel.id {
                let circle = (names + [channel.name]).map { "'\($0)'" }.joined(separator: " → ")
                throw .constraint("\(Dependencies.mark)the fallback leads back to this channel: \(circle)")
            }
            guard let following = channels.first(where: { $0.id == id }) else { return }
            next = following
            names.append(next.name)
        }
    }

    private static func flags(_ channel: Channel) -> [SQLValue] {
        [
            .flag(channel.isEnabled), .flag(channel.isDefault), .flag(channel.sendsResolved),
            .integer(Int64(channel.ratePerMinute)),
        ]
    }

    private static func place(_ id: ChannelID) -> String { "channel/\(id)" }

    /// A channel whose settings cannot be opened is returned with the reason, so that the other channels still work.
    private func channel(_ row: Row) throws(SQLError) -> Channel {
        var channel = try Self.channel(row, settings: [:])
        guard case .text(let sealed) = row[3] else {
            channel.fault = row.corrupt(3, "holds no text").description
            return channel
        }
        do throws(SettingsSeal.SealError) {
            let text = try seal.open(sealed, Self.place(channel.id))
            guard case .object(let object)? = try? JSONValue(parsing: text) else {
                throw SettingsSeal.SealError("the stored settings are no object")
            }
            for (name, value) in object.members { channel.settings[name] = value.stringValue }
        } catch {
            channel.fault = error.description
        }
        return channel
    }

    private static func channel(_ row: Row, settings: [String: String]) throws(SQLError) -> Channel {
        var channel = Channel(
            id: ChannelID(rawValue: try row.integer(0)),
            name: try row.text(1),
            kind: try row.text(2),
            settings: settings,
            createdAt: try row.time(9)
        )
        (channel.isEnabled, channel.isDefault) = (try row.flag(4), try row.flag(5))
        (channel.sendsResolved, channel.ratePerMinute) = (try row.flag(6), try row.count(7))
        channel.origin = Channel.Origin(rawValue: try row.text(8)) ?? .api
        channel.updatedAt = try row.time(10)
        channel.fallback = try row.optionalInteger(11).map(ChannelID.init(rawValue:))
        return channel
    }
}
