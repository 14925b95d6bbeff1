/// Carries messages between roles: at least once, in order of publishing within a topic.
package protocol Broker: Sendable {
    /// Hands a batch to every consumer group of the topic.
    ///
    /// Throws `.full` when the topic refuses, `.unavailable` when the broker is away; then nothing was taken.
    func publish<Message: Sendable>(_ messages: [Message], to topic: Topic<Message>) async throws(BrokerError)

    /// Joins a consumer group: each message goes to one member of each group.
    ///
    /// A message not acknowledged within `redelivery` is delivered again, to any member. Messages published while the
    /// topic had no group are kept for the first that joins: the newest `capacity` of them, the others are counted as
    /// dropped, whatever the topic does when it is full. Later groups get only what is published after they joined.
    func consume<Message: Sendable>(
        _ topic: Topic<Message>,
        group: String,
        redelivery: Duration
    ) async throws(BrokerError) -> any Subscription<Message>

    /// Joins a consumer group whose members own partitions: all messages of a partition go to its owner, in order.
    ///
    /// The members get equal shares. A topic has groups of one sort under one name. Throws as `consume` does.
    func consumePartitions<Message: Sendable>(
        _ topic: Topic<Message>,
        group: String,
        redelivery: Duration
    ) async throws(BrokerError) -> any PartitionSubscription<Message>

    /// Tells every current listener of a topic, best effort: nobody acknowledges.
    ///
    /// What a listener that has fallen behind does not hear is counted; who keeps a copy asks the store as well.
    func broadcast<Message: Sendable>(_ message: Message, on topic: Topic<Message>) async

    /// Everything broadcast on a topic from now on; a listener that falls `capacity` behind loses the oldest, and hears
    /// how many.
    func listen<Message: Sendable>(_ topic: Topic<Message>) async -> Broadcasts<Message>
}

/// One member of a consumer group.
package protocol Subscription<Message>: Sendable {
    associatedtype Message: Sendable

    /// Waits for messages and takes up to `limit` of them.
    ///
    /// A cancelled task does not wait: it gets what is there, so that it can empty the topic. Otherwise the answer is
    /// empty only when the broker was closed or the member has left the group.
    func receive(upTo limit: Int) async -> Deliveries<Message>

    /// Says that the messages are done with; unknown or repeated ids are ignored.
    ///
    /// Throws when the broker did not take it: the messages come again.
    func acknowledge(_ ids: [DeliveryID]) async throws(BrokerError)

    /// Says that messages can never be used: they go to the topic's dead letters and are counted.
    ///
    /// Throws when the broker did not take it: the messages come again.
    func reject(_ ids: [DeliveryID]) async throws(BrokerError)

    /// Leaves the group; what was not acknowledged goes to the others.
    func cancel() async
}

/// One member of a consumer group whose members own partitions.
package protocol PartitionSubscription<Message>: Sendable {
    associatedtype Message: Sendable

    /// Waits for messages of the member's partitions, at most `limit`, or for a change of what it owns.
    ///
    /// A cancelled task does not wait: without anything to hand over it gets `.end`.
    func next(upTo limit: Int) async -> PartitionEvent<Message>

    /// Gives up partitions; what is not acknowledged of them goes to the next owner.
    func release(_ partitions: [Partition]) async

    /// Says that the messages are done with; those of partitions that the member owns no more are ignored.
    ///
    /// Throws when the broker did not take it: the messages come again.
    func acknowledge(_ ids: [DeliveryID]) async throws(BrokerError)

    /// Says that messages can never be used, as `Subscription.reject` does.
    func reject(_ ids: [DeliveryID]) async throws(BrokerError)

    /// Leaves the group; its partitions, and what was not acknowledged of them, go to the others.
    func cancel() async
}

/// What comes to a member that owns partitions.
package enum PartitionEvent<Message: Sendable>: Sendable {
    /// The member owns these from now on: load what is known of them, their messages follow.
    case assigned([Partition])
    /// Others wait for these: write what is not written yet, then `release` them. Their messages come no more.
    case revoked([Partition])
    case messages(Deliveries<Message>)
    /// The broker was closed, the member was put out of the group, or the task is cancelled and nothing is left.
    case end
}

/// Names one delivery of a message within its subscription's group.
package struct DeliveryID: RawRepresentable, Sendable, Hashable {
    package let rawValue: UInt64
    package init(rawValue: UInt64) { self.rawValue = rawValue }
}

/// Messages delivered together; their ids follow one another.
package struct Deliveries<Message: Sendable>: Sendable {
    /// Of the first message.
    package let firstID: DeliveryID
    /// 1 the first time.
    package let attempt: Int
    package let messages: [Message]

    package init(firstID: DeliveryID, attempt: Int, messages: [Message]) {
        (self.firstID, self.attempt, self.messages) = (firstID, attempt, messages)
    }

    package var isEmpty: Bool { messages.isEmpty }
    package var count: Int { messages.count }

    /// The name by which to acknowledge the message at a position.
    package func id(at index: Int) -> DeliveryID { DeliveryID(rawValue: firstID.rawValue + UInt64(index)) }

    /// The names of all messages.
    package var ids: [DeliveryID] { messages.indices.map(id) }
}
