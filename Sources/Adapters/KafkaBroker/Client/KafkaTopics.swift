import Base
import Broker
import CRDKafka
import Glibc
import Runtime

/// Makes the topics that are missing, and knows how many partitions each has.
final class KafkaTopics: Sendable {
    /// What a topic is used for.
    enum Use: Sendable {
        /// `Partition.count` partitions, chosen by Sentinel's own rule.
        case keyed
        /// Any number of partitions, chosen by librdkafka.
        case shared
        /// One partition, whose messages are worth nothing after an hour.
        case broadcast
        case deadLetters

        var partitions: Int32 {
            switch self {
            case .keyed: Int32(Partition.count)
            case .shared: 16
            case .broadcast, .deadLetters: 1
            }
        }
    }

    private let known = Locked<[String: Int]>([:])
    private let refusals = Locked<[String: (error: BrokerError, until: MonotonicTime)]>([:])
    private let denials = Locked<[String: String]>([:])
    private let maker: TopicMaker

    init(_ configuration: KafkaConfiguration) { maker = TopicMaker(configuration) }

    /// Returns once the topic exists.
    ///
    /// Throws `.unavailable` when Kafka cannot be reached, refuses, or has a keyed topic with another number of
    /// partitions.
    func ensure(_ topic: String, _ use: Use, _ handle: KafkaHandle) async throws(BrokerError) {
        if let count = known.withLock({ $0[topic] }) { return try check(topic, use, count) }
        if let refusal = refusals.withLock({ $0[topic] }), refusal.until > .now { throw refusal.error }
        let count: Int
        do throws(BrokerError) {
            switch try await maker.make(topic, use, handle) {
            case .partitions(let found): count = found
            case .denied(let reason):
                let text = "topic \(topic): \(reason)"
                denials.withLock { $0[topic] = text }
                throw handle.unavailable(text, since: .now)
            }
        } catch {
            refusals.withLock { $0[topic] = (error, .now + .seconds(1)) }
            throw error
        }
        known.withLock { $0[topic] = count }
        denials.withLock { $0[topic] = nil }
        try check(topic, use, count)
    }

    /// A topic that this login may not use, with Kafka's reason; nil when there is none.
    var denial: String? { denials.withLock { $0.min { $0.key < $1.key }?.value } }

    private func check(_ topic: String, _ use: Use, _ count: Int) throws(BrokerError) {
        guard case .keyed = use, count != Partition.count else { return }
        throw .unavailable(
            reason: "Kafka's topic \(topic) has \(count) partitions, and must have \(Partition.count): "
                + "delete it, or let Sentinel use another cluster"
        )
    }

    /// The offset of the next message of a partition.
    ///
    /// Throws `.unavailable` when Kafka does not answer.
    func end(of topic: String, _ partition: Int32, _ handle: KafkaHandle) async throws(BrokerError) -> Int64 {
        try await maker.end(of: topic, partition, handle)
    }
}

/// Makes the calls that block, on a queue of its own.
private actor TopicMaker {
    private let executor = QueueExecutor(label: "sentinel.kafka.topics")
    private let configuration: KafkaConfiguration

    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    init(_ configuration: KafkaConfiguration) { self.configuration = configuration }

    enum Finding: Sendable {
        case partitions(Int)
        case denied(reason: String)
    }

    func make(_ topic: String, _ use: KafkaTopics.Use, _ handle: KafkaHandle) throws(BrokerError) -> Finding {
        let start = MonotonicTime.now
        let deadline = start + configuration.patience
        let refusal = try create(topic, use, handle, start, deadline)
        guard let target = handle.topic(topic) else {
            throw .unavailable(reason: "Kafka's client does not take the topic \(topic)")
        }
        var reason = ""
        repeat {
            var found: UnsafePointer<rd_kafka_metadata>?
            let left = max(100, (deadline - .now).wholeMilliseconds)
            let code = rd_kafka_metadata(handle.pointer, 0, target, &found, Int32(min(left, 60_000)))
            if code == RD_KAFKA_RESP_ERR_NO_ERROR, let found {
                defer { rd_kafka_metadata_destroy(found) }
                // Invariant: `topics` has `topic_cnt` elements.
                let state = found.pointee.topic_cnt > 0 ? found.pointee.topics[0] : nil
                if let state, state.err == RD_KAFKA_RESP_ERR_NO_ERROR, state.partition_cnt > 0 {
                    return .partitions(Int(state.partition_cnt))
                }
                // Rights do not come by waiting.
                if state?.err == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED {
                    return .denied(reason: KafkaHandle.text(of: RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED))
                }
                reason = KafkaHandle.text(of: state?.err ?? RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART)
            } else {
                reason = KafkaHandle.text(of: code)
            }
            // A new topic has no leader for a moment; this is a thread that may wait.
            usleep(20_000)
        } while MonotonicTime.now < deadline
        if let refusal, refusal.isDenial { return .denied(reason: refusal.reason) }
        throw handle.unavailable("topic \(topic): \(refusal?.reason ?? reason)", since: start)
    }

    /// Why a topic was not made.
    private struct Refusal {
        let reason: String
        /// The login may not make topics.
        var isDenial = false
    }

    /// Asks for a topic; returns the reason when Kafka does not make it, which matters only if it is missing.
    private func create(
        _ topic: String,
        _ use: KafkaTopics.Use,
        _ handle: KafkaHandle,
        _ start: MonotonicTime,
        _ deadline: MonotonicTime
    ) throws(BrokerError) -> Refusal? {
        var text = [CChar](repeating: 0, count: 256)
        let request = rd_kafka_NewTopic_new(topic, use.partitions, -1, &text, text.count)
        guard let request else { throw .unavailable(reason: "topic \(topic): \(KafkaHandle.string(text))") }
        defer { rd_kafka_NewTopic_destroy(request) }
        if use == .broadcast {
            rd_kafka_NewTopic_set_config(request, "retention.ms", "3600000")
            rd_kafka_NewTopic_set_config(request, "segment.ms", "3600000")
        }
        let options = rd_kafka_AdminOptions_new(handle.pointer, RD_KAFKA_ADMIN_OP_CREATETOPICS)
        let queue = rd_kafka_queue_new(handle.pointer)
        defer {
            rd_kafka_AdminOptions_destroy(options)
            rd_kafka_queue_destroy(queue)
        }
        let limit = Int32(min(configuration.creationLimit, configuration.patience / 2).wholeMilliseconds)
        rd_kafka_AdminOptions_set_request_timeout(options, limit, &text, text.count)
        rd_kafka_AdminOptions_set_operation_timeout(options, limit, &text, text.count)
        var requests: [OpaquePointer?] = [request]
        rd_kafka_CreateTopics(handle.pointer, &requests, 1, options, queue)
        while MonotonicTime.now < deadline {
            guard let pointer = rd_kafka_queue_poll(queue, 100) else {
                // Wrong credentials do not become right by waiting.
                if let trouble = handle.trouble(since: start), trouble.isLogin {
                    throw handle.unavailable("refuses the connection", since: start)
                }
                continue
            }
            return KafkaEvent(pointer).use(refusal)
        }
        throw handle.unavailable("does not answer within \(configuration.patience.text)", since: start)
    }

    /// The reason why a topic was not made; nil when it was, or is there.
    private func refusal(_ event: OpaquePointer) -> Refusal? {
        guard rd_kafka_event_error(event) == RD_KAFKA_RESP_ERR_NO_ERROR else {
            return Refusal(reason: KafkaHandle.string(rd_kafka_event_error_string(event)))
        }
        var count = 0
        guard let result = rd_kafka_event_CreateTopics_result(event),
            let topics = rd_kafka_CreateTopics_result_topics(result, &count), count > 0
        else { return nil }
        let code = rd_kafka_topic_result_error(topics[0])
        if code == RD_KAFKA_RESP_ERR_NO_ERROR || code == RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS { return nil }
        return Refusal(
            reason: KafkaHandle.string(rd_kafka_topic_result_error_string(topics[0])),
            isDenial: code == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED
                || code == RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED
        )
    }

    func end(of topic: String, _ partition: Int32, _ handle: KafkaHandle) throws(BrokerError) -> Int64 {
        let start = MonotonicTime.now
        let deadline = start + configuration.patience
        while true {
            let left = Int32(max(100, (deadline - .now).wholeMilliseconds))
            var (low, high): (Int64, Int64) = (0, 0)
            let code = rd_kafka_query_watermark_offsets(handle.pointer, topic, partition, &low, &high, left)
            if code == RD_KAFKA_RESP_ERR_NO_ERROR { return high }
            guard Self.passing.contains(code.rawValue), MonotonicTime.now < deadline else {
                throw handle.unavailable("topic \(topic): \(KafkaHandle.text(of: code))", since: start)
            }
            // A new topic has no leader for a moment; this is a thread that may wait.
            usleep(20_000)
        }
    }

    /// What Kafka answers about a topic that was just made, or moves.
    private static let passing = Set(
        [
            RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE, RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION,
            RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION,
            RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC,
        ].map(\.rawValue)
    )
}
