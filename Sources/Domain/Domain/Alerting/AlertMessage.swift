package import Base

/// The content of one notification for any channel: one incident, or a digest of several.
package struct AlertMessage: Sendable, Equatable {
    /// The event that is notified.
    package enum Event: String, Sendable, CaseIterable {
        /// The incident has begun or was reopened.
        case firing
        /// The incident continues.
        case reminder
        case acknowledged
        /// The incident is over.
        case resolved
        /// No incident: a test of the channel.
        case test
    }

    /// A name and a value for people.
    package struct Fact: Sendable, Equatable {
        package var name: String
        package var value: String

        package init(_ name: String, _ value: String) { (self.name, self.value) = (name, value) }
    }

    /// One incident in a message.
    package struct Item: Sendable, Equatable {
        package var event: Event
        /// The same from an incident's beginning to its end; receivers use it to correlate events.
        package var key: String
        /// nil when the item is not an incident.
        package var incidentID: Int64?
        /// The subject: a monitor's or rule's name.
        package var subject: String
        /// The target: a URL or a query.
        package var target: String
        package var severity: Severity
        /// A word of a bounded list, such as `http_status`; nil when there is none.
        package var reason: String?
        /// What is or was wrong.
        package var text: String
        package var since: Timestamp
        /// When it ended; nil while it continues.
        package var until: Timestamp?
        /// Evidence and differences, the most important first.
        package var facts: [Fact] = []
        /// Tags and other names for routing and searching.
        package var labels: [Fact] = []
        /// The address of the incident's page.
        package var link: String?
        /// The address for acknowledging the incident.
        package var acknowledgeLink: String?

        package init(
            event: Event,
            key: String,
            subject: String,
            target: String,
            severity: Severity,
            text: String,
            since: Timestamp
        ) {
            (self.event, self.key, self.subject, self.target) = (event, key, subject, target)
            (self.severity, self.text, self.since) = (severity, text, since)
        }
    }

    /// Unique to the notification and the same in each try to deliver it: the idempotency key.
    package var id: String
    /// At least one item; the most important first.
    package var items: [Item]
    /// The number of further items, for which there is no room.
    package var omitted = 0
    /// The events of those items, as far as they are known.
    package private(set) var omittedEvents: [Event: Int] = [:]
    package var createdAt: Timestamp
    /// The recipients of the channel that still need the message after others got it; empty for all.
    ///
    /// Not part of the message's text.
    package var recipients: [String] = []

    package init(id: String, items: [Item], createdAt: Timestamp) {
        (self.id, self.items, self.createdAt) = (id, items, createdAt)
    }

    /// Counts items for which there is no room.
    package mutating func omit(_ events: [Event]) {
        omitted += events.count
        for event in events { omittedEvents[event, default: 0] += 1 }
    }

    /// Sets the event counts of omitted items of a stored message.
    mutating func note(_ event: Event, omitted count: Int) { omittedEvents[event] = count }

    /// The message's event: the most urgent event of its items.
    package var event: Event {
        let order: [Event] = [.firing, .reminder, .test, .acknowledged, .resolved]
        return order.first { wanted in items.contains { $0.event == wanted } } ?? .test
    }

    /// The worst severity of the items that are not resolved; of all items when every one is.
    package var severity: Severity {
        let open = items.filter { $0.event != .resolved }
        return (open.isEmpty ? items : open).map(\.severity).max() ?? .info
    }
}
