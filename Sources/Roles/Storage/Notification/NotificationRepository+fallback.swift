import Base
import Domain
import SQL

/// What became of a notification that was given up.
package struct FallbackDelivery: Sendable, Equatable {
    /// The channel that takes over, for people.
    package var channel: String
    /// How many of its items go there.
    package var count: Int
}

extension NotificationRepository {
    /// Puts what a channel could not deliver into the outbox of the channel that takes over; nil when none does.
    ///
    /// The first enabled channel of the chain that has not failed with the same item. What that channel is notified of
    /// by itself does not go there twice.
    static func fallBack(
        _ notification: Notification,
        _ session: any SQLSession
    ) async throws(SQLError) -> FallbackDelivery? {
        guard notification.state == .dead, let at = notification.finishedAt else { return nil }
        let chain = try await chain(of: notification.channel, session)
        guard !chain.isEmpty else { return nil }
        let store = IncidentStore(session)
        let items = try await session.readable(
            OutboxStore.table,
            "SELECT \(OutboxStore.columns) FROM outbox_items WHERE notification_id = $1 ORDER BY id",
            [.integer(notification.id)]
        ) { row throws(SQLError) in try OutboxStore.item(row) }
        var taken: [OutboxItem] = []
        var delivery: FallbackDelivery?
        for item in items {
            let failed = item.fallbackFrom + [notification.channel]
            let target = chain.first { $0.isEnabled && !failed.contains($0.id) }
            guard let target else {
                let names = chain.map(\.title).joined(separator: ", ")
                let words = "No fallback channel is left: \(names) is disabled or could not deliver it either"
                try await store.note(IncidentEvent(.suppressed, at: at, words), to: item.incident)
                continue
            }
            if item.event == .resolved, !target.sendsResolved { continue }
            if try await isSent(item, on: target.id, session) { continue }
            var copy = item
            (copy.channel, copy.state, copy.fallbackFrom) = (target.id, .queued, failed)
            (copy.dueAt, copy.createdAt, copy.waitUntil) = (at, at, nil)
            taken.append(copy)
            taken += try await followers(of: item, on: target, at: at, session)
            let words = "Goes to the fallback channel \(target.title) instead: \(item.event.rawValue)"
            try await store.note(IncidentEvent(.notified, at: at, words), to: item.incident)
            delivery = FallbackDelivery(channel: target.title, count: (delivery?.count ?? 0) + 1)
        }
        try await OutboxStore(session).enqueue(taken)
        return delivery
    }

    /// The channels that take over from one, the next first; ends at a channel that is gone or was seen already.
    private static func chain(
        of id: ChannelID,
        _ session: any SQLSession
    ) async throws(SQLError) -> [Channel] {
        let channels = try await ChannelRepository.briefs(session)
        var chain: [Channel] = []
        var next = channels.first { $0.id == id }?.fallback
        while let fallback = next, fallback != id, !chain.contains(where: { $0.id == fallback }),
            let channel = channels.first(where: { $0.id == fallback })
        {
            chain.append(channel)
            next = channel.fallback
        }
        return chain
    }

    /// Whether a channel was or will be sent the same by itself: a beginning for a beginning or a reminder.
    private static func isSent(
        _ item: OutboxItem,
        on channel: ChannelID,
        _ session: any SQLSession
    ) async throws(SQLError) -> Bool {
        let isBeginning = item.event == .firing || item.event == .reminder
        let events = isBeginning ? "'firing', 'reminder'" : "'\(item.event.rawValue)'"
        let rows = try await session.query(
            """
            SELECT 1 FROM outbox_items l WHERE l.incident_id = $1 AND l.channel_id = $2 AND l.event IN (\(events))
                AND (l.state IN ('queued', 'held', 'silenced') OR l.state = 'told' AND \(OutboxStore.isReached("l"))
                    AND l.id > COALESCE((SELECT MAX(e.id) FROM outbox_items e WHERE e.incident_id = $1
                        AND e.channel_id = $2 AND e.state = 'told' AND e.event = 'resolved'), 0))
            LIMIT 1
            """,
            [.integer(item.incident.rawValue), .integer(channel.rawValue)]
        )
        return !rows.isEmpty
    }

    /// What waits behind a beginning that could not be delivered, for the channel that takes over.
    private static func followers(
        of item: OutboxItem,
        on target: Channel,
        at now: Timestamp,
        _ session: any SQLSession
    ) async throws(SQLError) -> [OutboxItem] {
        guard item.event == .firing || item.event == .reminder else { return [] }
        let outbox = OutboxStore(session)
        if try await outbox.isBegun(item.incident, on: item.channel) { return [] }
        let waiting = try await session.readable(
            OutboxStore.table,
            """
            SELECT \(OutboxStore.columns) FROM outbox_items WHERE incident_id = $1 AND channel_id = $2
                AND event IN ('acknowledged', 'resolved') AND state IN ('queued', 'held') ORDER BY id
            """,
            [.integer(item.incident.rawValue), .integer(item.channel.rawValue)]
        ) { row throws(SQLError) in try OutboxStore.item(row) }
        return waiting.filter { $0.event != .resolved || target.sendsResolved }.map { item in
            var copy = item
            (copy.channel, copy.dueAt, copy.createdAt) = (target.id, max(item.dueAt, now), now)
            copy.fallbackFrom = []
            return copy
        }
    }
}
