import Broker

/// The keys of a topic.
struct StreamTopic: Sendable {
    let name: String
    /// One stream without message keys; otherwise each stream has as many partitions as the others.
    let streams: [String]

    /// How many streams a topic with message keys has: not one a partition, because each costs time in every command.
    static let shards = 16

    init<Message>(_ topic: Topic<Message>) {
        name = topic.name
        streams = topic.key == nil ? [Self.key(name)] : (0..<Self.shards).map { "\(Self.key(topic.name)):\($0)" }
    }

    /// A topic of which only the number of its streams is known; nil when no topic has so many.
    init?(_ name: String, streams count: Int) {
        guard [1, Self.shards].contains(count) else { return nil }
        self.name = name
        streams = count == 1 ? [Self.key(name)] : (0..<count).map { "\(Self.key(name)):\($0)" }
    }

    /// The topics that were ever consumed, with the numbers of their streams (a hash).
    static let register = "sentinel:topics"

    private static func key(_ name: String) -> String { "sentinel:\(name)" }

    /// Dead letters, without a message key.
    var deadLetters: String { Self.key(name + ".dead") }
    /// When the members of a group showed that they live (a sorted set).
    func members(_ group: String) -> String { "\(Self.key(name)):members:\(group)" }
    /// The owner of each stream (a hash).
    func owners(_ group: String) -> String { "\(Self.key(name)):owners:\(group)" }
    /// The channel of broadcasts; channels are shared by all databases of a server.
    func channel(database: Int) -> String { "sentinel:\(database):\(name)" }

    /// The stream of a partition.
    func shard(of partition: Partition) -> Int { partition.rawValue % streams.count }

    /// The partitions of a stream, ascending.
    func partitions(of shard: Int) -> [Partition] {
        stride(from: shard, to: Partition.count, by: streams.count).map(Partition.init)
    }
}

/// A message as it is in a stream.
struct StreamEntry: Sendable {
    let shard: Int
    let id: [UInt8]
    let attempt: Int
    /// nil when the entry has no message.
    let message: [UInt8]?
}

/// Where a delivered message is.
struct EntryReference: Sendable {
    let shard: Int
    let id: [UInt8]
}
