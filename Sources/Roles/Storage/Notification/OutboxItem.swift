package import Base
package import Domain

/// One channel's share of an incident's news, until it becomes part of a notification.
package struct OutboxItem: Sendable, Equatable {
    package enum State: String, Sendable, CaseIterable {
        /// Becomes part of a notification when it is due.
        case queued
        /// Waits because another incident explains this one.
        case held
        /// Like queued; a silence has moved its due time to the silence's end.
        case silenced
        /// Stands in a notification.
        case notified = "told"
        /// Not sent, since the channel never got the beginning; sent after that, should it get there by hand.
        case unsent
    }

    package var id: Int64 = 0
    package var channel: ChannelID
    package var incident: IncidentID
    package var event: AlertMessage.Event
    package var state = State.queued
    package var dueAt: Timestamp
    package var createdAt: Timestamp
    /// nil when it belongs to no group.
    package var group: String?
    package var groupInterval: Duration
    package var repeatInterval: Duration?
    /// Until when the first message of the group waits for others; nil when this item waits for none.
    package var waitUntil: Timestamp?
    /// The channels that could not deliver it, when this is their fallback.
    package var fallbackFrom: [ChannelID] = []
    package var content: AlertMessage.Item

    package init(_ route: Route, _ incident: IncidentID, _ content: AlertMessage.Item, dueAt: Timestamp, now: Timestamp)
    {
        (channel, self.incident, event, self.content) = (route.channel, incident, content.event, content)
        (self.dueAt, createdAt) = (dueAt, now)
        (group, groupInterval, repeatInterval) = (route.group, route.groupInterval, route.repeatInterval)
        if route.groupWait > .zero, content.event == .firing { waitUntil = dueAt + route.groupWait }
    }
}

extension OutboxItem {
    /// The content as it is stored, with the members that few items have.
    var storedContent: JSONValue {
        guard case .object(var object) = content.json else { return content.json }
        if !fallbackFrom.isEmpty { object["fallback_from"] = .array(fallbackFrom.map { .integer($0.rawValue) }) }
        // From the making of the item on: that moves with a clock that is set.
        if let waitUntil { object["group_wait_ms"] = .integer((waitUntil - createdAt).wholeMilliseconds) }
        return .object(object)
    }

    /// Takes up those members; false when one is not what it should be.
    mutating func readRest(of json: JSONValue) -> Bool {
        if let list = json["fallback_from"] {
            guard let numbers = list.arrayValue?.map(\.integerValue), !numbers.contains(nil) else { return false }
            fallbackFrom = numbers.compactMap(\.self).map(ChannelID.init(rawValue:))
        }
        if let value = json["group_wait_ms"] {
            guard let wait = value.integerValue.flatMap(Duration.init(storedMilliseconds:)) else { return false }
            waitUntil = createdAt + wait
        }
        return true
    }
}

/// A message to one channel that no longer changes: each attempt sends the same.
package struct Notification: Sendable, Equatable {
    package enum State: String, Sendable, CaseIterable {
        case pending, delivered
        /// Given up; a person may send it again.
        case dead
    }

    package let id: Int64
    package var channel: ChannelID
    package var state: State
    package var createdAt: Timestamp
    package var attempts: Int
    package var nextAt: Timestamp
    package var finishedAt: Timestamp?
    package var reference: String?
    package var error: String?
    package var message: AlertMessage

    package init(
        id: Int64,
        channel: ChannelID,
        state: State,
        createdAt: Timestamp,
        attempts: Int,
        nextAt: Timestamp,
        message: AlertMessage
    ) {
        (self.id, self.channel, self.state, self.createdAt) = (id, channel, state, createdAt)
        (self.attempts, self.nextAt, self.message) = (attempts, nextAt, message)
    }
}

/// One attempt to deliver a notification.
package struct NotificationTry: Sendable, Equatable {
    package var at: Timestamp
    package var duration: Duration
    /// `delivered`, `partly`, `retry`, `refused`.
    package var outcome: String
    package var detail: String?

    package init(at: Timestamp, duration: Duration, outcome: String, detail: String?) {
        (self.at, self.duration, self.outcome, self.detail) = (at, duration, outcome, detail)
    }
}
