import Base
import Broker
import CRDKafka
import Runtime

/// Asks whether Kafka answers and what it says of topics, on a queue of its own, because the call blocks.
actor KafkaProbe {
    /// What Kafka said.
    enum Finding: Sendable {
        case unusable(reason: String)
        case topics([String: TopicState])
    }
    /// What Kafka says of one topic.
    enum TopicState: Sendable, Equatable {
        case missing
        case partitions(Int)
    }

    private let executor = QueueExecutor(label: "sentinel.kafka.probe")
    /// How far back an error of a connection explains why nothing is answered.
    private static let memory: Duration = .seconds(10)

    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    /// Why Kafka cannot be used, or what it says of some topics; those of which it says nothing certain are left out.
    func look(_ handle: KafkaHandle, at names: [String]) -> Finding {
        // The client asks for the topics that it knows.
        for name in names { _ = handle.topic(name) }
        var metadata: UnsafePointer<rd_kafka_metadata>?
        let code = rd_kafka_metadata(handle.pointer, 0, nil, &metadata, 1500)
        guard code == RD_KAFKA_RESP_ERR_NO_ERROR, let metadata else {
            let since = MonotonicTime.now + (.zero - Self.memory)
            let text = handle.trouble(since: since)?.isLogin == true ? "refuses the connection" : "does not answer"
            guard case .unavailable(let reason) = handle.unavailable(text, since: since) else {
                return .unusable(reason: text)
            }
            return .unusable(reason: reason)
        }
        defer { rd_kafka_metadata_destroy(metadata) }
        var found: [String: TopicState] = [:]
        // Invariant: `topics` has `topic_cnt` elements.
        for index in 0..<Int(metadata.pointee.topic_cnt) {
            let topic = metadata.pointee.topics[index]
            switch topic.err {
            case RD_KAFKA_RESP_ERR_NO_ERROR where topic.partition_cnt > 0:
                found[KafkaHandle.string(topic.topic)] = .partitions(Int(topic.partition_cnt))
            case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART: found[KafkaHandle.string(topic.topic)] = .missing
            default: break
            }
        }
        return .topics(found)
    }
}
