import Base
import Broker
import CRDKafka
import Glibc
import Runtime

/// Makes the calls that block, on a queue of its own.
actor TopicMaker {
    private let executor = QueueExecutor(label: "sentinel.kafka.topics")
    private let configuration: KafkaConfiguration

    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    init(_ configuration: KafkaConfiguration) { self.configuration = configuration }

    enum Finding: Sendable {
        /// `isMade` says that it was missing, and was made by this call.
        case partitions(Int, isMade: Bool)
        case denied(reason: String)
    }

    func make(_ topic: String, _ use: KafkaTopics.Use, _ handle: KafkaHandle) throws(BrokerError) -> Finding {
        let start = MonotonicTime.now
        let deadline = start + configuration.patience
        let (refusal, isMade) = try create(topic, use, handle, start, deadline)
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
                    return .partitions(Int(state.partition_cnt), isMade: isMade)
                }
                // Rights do not come by waiting, though another process may just make the topic.
                if let refusal, refusal.isDenial, state?.err == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART,
                    MonotonicTime.now > start + .seconds(1)
                {
                    return .denied(reason: refusal.reason)
                }
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

    /// Asks for a topic that is missing; returns Kafka's reason when it is not made.
    func renew(_ topic: String, _ use: KafkaTopics.Use, _ handle: KafkaHandle) throws(BrokerError) -> String? {
        let start = MonotonicTime.now
        return try create(topic, use, handle, start, start + configuration.patience).refusal?.reason
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
    ) throws(BrokerError) -> (refusal: Refusal?, isMade: Bool) {
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
            return KafkaEvent(pointer).use(answer)
        }
        throw handle.unavailable("does not answer within \(configuration.patience.text)", since: start)
    }

    /// Why a topic was not made; no refusal when it was, or is there.
    private func answer(_ event: OpaquePointer) -> (refusal: Refusal?, isMade: Bool) {
        guard rd_kafka_event_error(event) == RD_KAFKA_RESP_ERR_NO_ERROR else {
            return (Refusal(reason: KafkaHandle.string(rd_kafka_event_error_string(event))), false)
        }
        var count = 0
        guard let result = rd_kafka_event_CreateTopics_result(event),
            let topics = rd_kafka_CreateTopics_result_topics(result, &count), count > 0
        else { return (nil, false) }
        let code = rd_kafka_topic_result_error(topics[0])
        if code == RD_KAFKA_RESP_ERR_NO_ERROR { return (nil, true) }
        if code == RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS { return (nil, false) }
        let refusal = Refusal(
            reason: KafkaHandle.string(rd_kafka_topic_result_error_string(topics[0])),
            isDenial: code == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED
                || code == RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED
        )
        return (refusal, false)
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
