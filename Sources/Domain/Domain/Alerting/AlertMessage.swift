package import Base

/// What one notification tells, whatever channel it goes through: one incident's news, or a digest of several.
package struct AlertMessage: Sendable, Equatable {
    /// What has happened.
    package enum Event: String, Sendable, CaseIterable {
        /// It has begun, or begun again.
        case firing
        /// It is still so.
        case reminder
        case acknowledged
        /// It is over.
        case resolved
        /// Nothing: somebody wants to see whether the channel works.
        case test
    }

    /// A name and a value, for people.
    package struct Fact: Sendable, Equatable {
        package var name: String
        package var value: String

        package init(_ name: String, _ value: String) { (self.name, self.value) = (name, value) }
    }

    /// The news of one incident.
    package struct Item: Sendable, Equatable {
        package var event: Event
        /// The same from an incident's beginning to its end; what receivers put events together by.
        package var key: String
        /// nil for what is no incident.
        package var incidentID: Int64?
        /// What it is about: a monitor's or rule's name.
        package var subject: String
        /// Where: a URL, or a query.
        package var target: String
        package var severity: Severity
        /// A word of a bounded list: `http_status`; nil when there is none.
        package var reason: String?
        /// What is wrong, or what was.
        package var text: String
        package var since: Timestamp
        /// When it ended; nil while it goes on.
        package var until: Timestamp?
        /// Evidence and differences, in the order of weight.
        package var facts: [Fact] = []
        /// Tags and other names to route and search by.
        package var labels: [Fact] = []
        /// Where to read about the incident.
        package var link: String?
        /// Where to acknowledge it.
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
    /// At least one; the most important first.
    package var items: [Item]
    /// How many more there are, for which there is no room.
    package var omitted = 0
    /// What has happened to those, as far as it is known.
    package private(set) var omittedEvents: [Event: Int] = [:]
    package var createdAt: Timestamp
    /// The recipients of the channel that do not have it yet, once others do; empty for all.
    ///
    /// Not part of its text.
    package var recipients: [String] = []

    package init(id: String, items: [Item], createdAt: Timestamp) {
        (self.id, self.items, self.createdAt) = (id, items, createdAt)
    }

    /// Notes items for which there is no room.
    package mutating func omit(_ events: [Event]) {
        omitted += events.count
        for event in events { omittedEvents[event, default: 0] += 1 }
    }

    /// Notes of a stored message what has happened to items that were left out.
    mutating func note(_ event: Event, omitted count: Int) { omittedEvents[event] = count }

    /// The message's own event: that of the news that calls for action most.
    package var event: Event {
        let order: [Event] = [.firing, .reminder, .test, .acknowledged, .resolved]
        return order.first { wanted in items.contains { $0.event == wanted } } ?? .test
    }

    /// The worst of the items that are not over; of all when every one is.
    package var severity: Severity {
        let open = items.filter { $0.event != .resolved }
        return (open.isEmpty ? items : open).map(\.severity).max() ?? .info
    }
}
