/// Carries messages between roles: delivers at least once, and within a topic in the order of publishing.
package protocol Broker: Sendable {
    /// Delivers a batch to every consumer group of the topic.
    ///
    /// Throws `.full` when the topic refuses it, `.unavailable` when the broker cannot be reached; then none was taken.
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
    /// The members get equal shares. All groups of a topic with one name must be of this type. Throws as `consume`
    /// does.
    func consumePartitions<Message: Sendable>(
        _ topic: Topic<Message>,
        group: String,
        redelivery: Duration
    ) async throws(BrokerError) -> any PartitionSubscription<Message>

    /// Tells every current listener of a topic, best effort: nobody acknowledges.
    ///
    /// Messages that a slow listener misses are counted; a listener that keeps a copy has to read the store as well.
    func broadcast<Message: Sendable>(_ message: Message, on topic: Topic<Message>) async

    /// The broadcasts on a topic from now on.
    ///
    /// A listener that falls `capacity` behind loses the oldest, and receives their number.
    func listen<Message: Sendable>(_ topic: Topic<Message>) async -> Broadcasts<Message>

    /// What waits in each topic, for each of its consumer groups, as far as the broker can say.
    ///
    /// Throws `.unavailable` when it cannot be asked.
    func backlog() async throws(BrokerError) -> [TopicBacklog]

    /// Why nothing can be published now, as far as it is known without asking; nil otherwise.
    var outage: String? { get }
}

extension Broker {
    /// Knows of no outage.
    package var outage: String? { nil }
}

extension Subscription {
    /// Rejects messages without keeping the reason.
    package func reject(_ ids: [DeliveryID], because reason: String) async throws(BrokerError) { try await reject(ids) }
}

/// One member of a consumer group.
package protocol Subscription<Message>: Sendable {
    associatedtype Message: Sendable

    /// Waits for messages and takes up to `limit` of them.
    ///
    /// A cancelled task does not wait: it gets the waiting messages, so that it can empty the topic. Otherwise the
    /// result is empty only when the broker was closed or the member has left the group.
    func receive(upTo limit: Int) async -> Deliveries<Message>

    /// Acknowledges messages, which are not delivered again; unknown or repeated ids are ignored.
    ///
    /// Throws when the broker did not take the acknowledgement: the messages are delivered again.
    func acknowledge(_ ids: [DeliveryID]) async throws(BrokerError)

    /// Rejects messages that can never be processed: they go to the topic's dead letters and are counted.
    ///
    /// Throws when the broker did not take the rejection: the messages are delivered again.
    func reject(_ ids: [DeliveryID]) async throws(BrokerError)

    /// Rejects messages, and keeps the reason with them where the broker can.
    func reject(_ ids: [DeliveryID], because reason: String) async throws(BrokerError)

    /// Leaves the group; what was not acknowledged goes to the others.
    func cancel() async
}

/// One member of a consumer group whose members own partitions.
package protocol PartitionSubscription<Message>: Sendable {
    associatedtype Message: Sendable

    /// Waits for messages of the member's partitions, at most `limit`, or for a change of its partitions.
    ///
    /// A cancelled task does not wait: when there is nothing to deliver it gets `.end`.
    func next(upTo limit: Int) async -> PartitionEvent<Message>

    /// Releases partitions; their unacknowledged messages go to the next owner.
    func release(_ partitions: [Partition]) async

    /// Acknowledges messages; those of partitions that the member no longer owns are ignored.
    ///
    /// Throws when the broker did not take the acknowledgement: the messages are delivered again.
    func acknowledge(_ ids: [DeliveryID]) async throws(BrokerError)

    /// Rejects messages that can never be processed, as `Subscription.reject` does.
    func reject(_ ids: [DeliveryID]) async throws(BrokerError)

    /// Leaves the group; its partitions with their unacknowledged messages go to other members.
    func cancel() async
}

/// What a member that owns partitions receives next.
package enum PartitionEvent<Message: Sendable>: Sendable {
    /// The member owns these partitions from now on: it should load their state, then gets their messages.
    case assigned([Partition])
    /// Other members wait for these partitions: write unwritten changes, then `release` them. No more messages come.
    case revoked([Partition])
    case messages(Deliveries<Message>)
    /// The broker was closed, the member was removed from the group, or the task is cancelled and nothing is left.
    case end
}

/// Names one delivery of a message within its subscription's group.
package struct DeliveryID: RawRepresentable, Sendable, Hashable {
    package let rawValue: UInt64
    package init(rawValue: UInt64) { self.rawValue = rawValue }
}

/// Messages that are delivered together; their ids are consecutive.
package struct Deliveries<Message: Sendable>: Sendable {
    /// The id of the first message.
    package let firstID: DeliveryID
    /// 1 for the first delivery.
    package let attempt: Int
    package let messages: [Message]

    package init(firstID: DeliveryID, attempt: Int, messages: [Message]) {
        (self.firstID, self.attempt, self.messages) = (firstID, attempt, messages)
    }

    package var isEmpty: Bool { messages.isEmpty }
    package var count: Int { messages.count }

    /// The id of the message at a position.
    package func id(at index: Int) -> DeliveryID { DeliveryID(rawValue: firstID.rawValue + UInt64(index)) }

    /// The ids of all messages.
    package var ids: [DeliveryID] { messages.indices.map(id) }
}
