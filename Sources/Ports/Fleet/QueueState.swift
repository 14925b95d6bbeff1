/// The messages of one consumer group of a topic.
package struct QueueState: Sendable, Equatable {
    package var topic: String
    package var group: String
    /// Messages that nobody has been given yet.
    package var lag: Int
    /// Messages that were delivered and not acknowledged.
    package var inFlight: Int
    /// How long the oldest message has been there; nil when there is none, or the broker does not say.
    package var oldestAge: Duration?
    /// Whether the broker can say how old messages are.
    package var knowsAges = true
    /// Messages that were put aside; nil when the broker does not say.
    package var deadLetters: Int?
    /// The members of the group; nil when the broker does not say.
    package var members: Int?

    package init(
        topic: String,
        group: String,
        lag: Int,
        inFlight: Int,
        oldestAge: Duration? = nil,
        deadLetters: Int? = nil,
        members: Int? = nil
    ) {
        (self.topic, self.group, self.lag, self.inFlight) = (topic, group, lag, inFlight)
        (self.oldestAge, self.deadLetters, self.members) = (oldestAge, deadLetters, members)
    }

    /// All messages that are not acknowledged.
    package var depth: Int { lag + inFlight }
}
