/// A named stream of messages of one kind.
package struct Topic<Message: Sendable>: Sendable {
    /// The name by which a real broker knows it.
    package let name: String
    /// How many messages may wait before `whenFull` applies.
    package let capacity: Int
    package let whenFull: Overflow
    /// The key of a message; nil when messages have none.
    ///
    /// Messages of one key keep their order and have one owner.
    package let key: (@Sendable (Message) -> UInt64)?

    /// What happens when a message is published to a full topic.
    package enum Overflow: Sendable {
        /// The publisher waits.
        case block
        /// The oldest waiting messages are dropped and counted.
        case dropOldest
        /// The whole batch is refused with `BrokerError.full`.
        case refuse
    }

    package init(
        name: String,
        capacity: Int,
        whenFull: Overflow,
        key: (@Sendable (Message) -> UInt64)? = nil
    ) {
        (self.name, self.capacity, self.whenFull, self.key) = (name, capacity, whenFull, key)
    }

    /// The partition of a message; the first one for a topic without keys.
    package func partition(of message: Message) -> Partition {
        key.map { Partition.of($0(message)) } ?? Partition(rawValue: 0)
    }

    /// The topic of rejected messages: the newest 1,000, for people to look at.
    package var deadLetters: Topic { Topic(name: name + ".dead", capacity: 1000, whenFull: .dropOldest) }
}

/// Why a broker operation failed.
package enum BrokerError: Error, Sendable, Equatable {
    /// The topic is full and refuses the batch.
    case full(topic: String)
    /// The broker was closed.
    case closed
    /// The broker cannot be reached; try again.
    case unavailable(reason: String)
    /// Some messages of the batch can never be published, being too large: they were counted, and their beginnings are
    /// dead letters. All others were taken.
    case refused(reason: String)
}

extension BrokerError: CustomStringConvertible {
    /// What is wrong, in the words of a log.
    package var description: String {
        switch self {
        case .full(let topic): "the topic \(topic) is full"
        case .closed: "the broker was closed"
        case .unavailable(let reason), .refused(let reason): reason
        }
    }
}
