import Base
import Broker

/// Puts messages that nobody can use into `<topic>.dead`, with the reason and where they came from.
final class DeadLetters: Sendable {
    private let producer: KafkaProducer
    private let topics: KafkaTopics
    private let prefix: String
    private let counters: BrokerCounters
    private let logger: Logger

    /// Longer messages are cut.
    static let limit = 65_536

    init(
        _ producer: KafkaProducer,
        _ topics: KafkaTopics,
        prefix: String,
        _ counters: BrokerCounters,
        _ logger: Logger
    ) {
        (self.producer, self.topics, self.prefix) = (producer, topics, prefix)
        (self.counters, self.logger) = (counters, logger)
    }

    /// Returns when Kafka has the dead letters; `group` is the one that could not use them, nil for a listener.
    ///
    /// Throws as `publish` does. What is unreadable among the dead letters themselves is only counted.
    func add(
        _ dead: [(record: ReceivedRecord, reason: String)],
        of topic: String,
        by group: String?
    ) async throws(BrokerError) {
        let origin = group.map { [(name: KafkaHeader.group, value: Array($0.utf8))] } ?? []
        let records = dead.map { record, reason in
            KafkaRecord(
                partition: 0,
                key: record.key,
                value: Array(record.value.prefix(Self.limit)),
                headers: Self.headers(reason, prefix + topic)
                    + [
                        (KafkaHeader.partition, Array("\(record.partition)".utf8)),
                        (KafkaHeader.offset, Array("\(record.offset)".utf8)),
                    ] + origin
            )
        }
        if let first = dead.first {
            logger.warning(
                "a message cannot be used",
                [
                    "topic": topic, "reason": first.reason, "partition": "\(first.record.partition)",
                    "offset": "\(first.record.offset)", "count": "\(dead.count)",
                ]
            )
        }
        try await write(records, of: topic)
    }

    /// Keeps the beginnings of messages that were too large to be published.
    func add(tooLarge records: [KafkaRecord], of topic: String) async throws(BrokerError) {
        try await write(
            records.map { record in
                let reason = "\(record.value.count) bytes are too many for the topic"
                return KafkaRecord(
                    partition: 0,
                    key: record.key,
                    // Much less than any sensible limit, and enough to see what it was.
                    value: Array(record.value.prefix(512)),
                    headers: Self.headers(reason, prefix + topic)
                )
            },
            of: topic
        )
    }

    private func write(_ records: [KafkaRecord], of topic: String) async throws(BrokerError) {
        if !topic.hasSuffix(".dead") {
            let name = prefix + topic + ".dead"
            try await topics.ensure(name, .deadLetters, producer.client())
            _ = try await producer.publish(records, to: name)
        }
        counters.rejected(records.count, topic: topic)
    }

    private static func headers(_ reason: String, _ topic: String) -> [(name: String, value: [UInt8])] {
        [
            (KafkaHeader.reason, Array(reason.utf8.prefix(500))), (KafkaHeader.topic, Array(topic.utf8)),
        ]
    }
}
