/// A named stream of messages of one kind.
package struct Topic<Message: Sendable>: Sendable {
    /// As a real broker knows it.
    package let name: String
    /// How many messages may wait before `whenFull` applies.
    package let capacity: Int
    package let whenFull: Overflow

    /// What publishing does to a full topic.
    package enum Overflow: Sendable {
        /// The publisher waits.
        case block
        /// The oldest waiting messages go, and are counted.
        case dropOldest
        /// Nothing of the batch is taken: `BrokerError.full`.
        case refuse
    }

    package init(name: String, capacity: Int, whenFull: Overflow) {
        (self.name, self.capacity, self.whenFull) = (name, capacity, whenFull)
    }
}

/// Why a broker did not do what was asked.
package enum BrokerError: Error, Sendable, Equatable {
    /// The topic is full and refuses.
    case full(topic: String)
    /// The broker was closed.
    case closed
    /// The broker cannot be reached; try again.
    case unavailable(reason: String)
}
