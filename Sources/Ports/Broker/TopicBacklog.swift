/// What waits in a topic for one of its consumer groups.
package struct TopicBacklog: Sendable, Equatable {
    package var topic: String
    package var group: String
    /// Messages that no member has been given yet.
    package var waiting: Int
    /// Messages that were delivered and not acknowledged.
    package var inFlight: Int
    /// The age of the oldest message that is not acknowledged; nil when there is none, or it is not known.
    package var oldestAge: Duration?
    /// Whether the broker can say how old messages are: otherwise an age that is nil says nothing.
    package var knowsAges = true
    /// The members of the group; nil when it is not known.
    package var members: Int?
    /// Messages of the topic that were put aside; nil when it is not known.
    package var deadLetters: Int?

    package init(
        topic: String,
        group: String,
        waiting: Int,
        inFlight: Int,
        oldestAge: Duration? = nil,
        members: Int? = nil,
        deadLetters: Int? = nil
    ) {
        (self.topic, self.group, self.waiting, self.inFlight) = (topic, group, waiting, inFlight)
        (self.oldestAge, self.members, self.deadLetters) = (oldestAge, members, deadLetters)
    }
}

extension Broker {
    /// Knows of no topic.
    package func backlog() async throws(BrokerError) -> [TopicBacklog] { [] }
}
