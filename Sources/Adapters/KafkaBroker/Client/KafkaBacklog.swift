import Base
import Broker
import CRDKafka
import Runtime

/// Counts what consumer groups have not done yet: the ends of topics less the committed offsets.
///
/// Makes calls that block, on a queue of its own.
actor KafkaBacklog {
    private let executor = QueueExecutor(label: "sentinel.kafka.backlog")
    private let prefix: String
    private let patience: Duration
    private var deadline = MonotonicTime.now

    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    /// More partitions are not looked at, should a cluster have so many.
    private static let limit = 10_000

    private struct Offsets {
        var first: Int64 = 0
        var end: Int64 = 0
    }
    private struct Place: Hashable {
        let topic: String
        let partition: Int32
    }

    init(_ configuration: KafkaConfiguration) {
        prefix = configuration.prefix
        patience = min(configuration.patience, .seconds(5))
    }

    /// The backlog of the groups whose names begin as Sentinel's do.
    ///
    /// Throws `.unavailable` when Kafka does not answer.
    func read(_ handle: KafkaHandle) throws(BrokerError) -> [TopicBacklog] {
        deadline = .now + patience
        let groups = try groups(handle)
        guard !groups.isEmpty else { return [] }
        let topics = try topics(handle)
        guard !topics.isEmpty else { return [] }
        let ends = try ends(of: topics, handle)
        var found: [TopicBacklog] = []
        for (group, members) in groups {
            let committed = try committed(group, topics, handle)
            for (topic, count) in topics where !topic.hasSuffix(".dead") {
                let offsets = (0..<count).map { committed[Place(topic: topic, partition: $0)] }
                guard offsets.contains(where: { $0 != nil }) else { continue }
                var backlog = TopicBacklog(
                    topic: String(topic.dropFirst(prefix.count)),
                    group: String(group.dropFirst(prefix.count + KafkaBroker.groupPrefix.count)),
                    waiting: 0,
                    inFlight: 0,
                    members: members
                )
                backlog.knowsAges = false
                for (partition, offset) in zip(0..<count, offsets) {
                    guard let place = ends[Place(topic: topic, partition: partition)] else { continue }
                    backlog.waiting += Int(max(0, place.end - max(offset ?? place.first, place.first)))
                }
                var letters = 0
                for partition in 0..<(topics[topic + ".dead"] ?? 0) {
                    guard let dead = ends[Place(topic: topic + ".dead", partition: partition)] else { continue }
                    letters += Int(dead.end - dead.first)
                }
                backlog.deadLetters = letters
                found.append(backlog)
            }
        }
        return found
    }

    private func left(_ handle: KafkaHandle, _ what: String) throws(BrokerError) -> Int32 {
        let left = (deadline - .now).wholeMilliseconds
        guard left > 0 else { throw unavailable(handle, "\(what): no answer within \(patience.text)") }
        return Int32(left)
    }

    private func unavailable(_ handle: KafkaHandle, _ text: String) -> BrokerError {
        handle.unavailable(text, since: deadline + (.zero - patience))
    }

    /// Sentinel's groups, each with the number of its members.
    private func groups(_ handle: KafkaHandle) throws(BrokerError) -> [(name: String, members: Int)] {
        var list: UnsafePointer<rd_kafka_group_list>?
        let code = rd_kafka_list_groups(handle.pointer, nil, &list, try left(handle, "groups"))
        guard code == RD_KAFKA_RESP_ERR_NO_ERROR, let list else {
            throw unavailable(handle, "groups: \(KafkaHandle.text(of: code))")
        }
        defer { rd_kafka_group_list_destroy(list) }
        var found: [(name: String, members: Int)] = []
        // Invariant: `groups` has `group_cnt` elements.
        for index in 0..<Int(list.pointee.group_cnt) {
            let group = list.pointee.groups[index]
            let name = KafkaHandle.string(group.group)
            if name.hasPrefix(prefix + KafkaBroker.groupPrefix) { found.append((name, Int(group.member_cnt))) }
        }
        return found
    }

    /// The partitions of the topics with Sentinel's prefix; asking for all makes none.
    private func topics(_ handle: KafkaHandle) throws(BrokerError) -> [String: Int32] {
        var metadata: UnsafePointer<rd_kafka_metadata>?
        let code = rd_kafka_metadata(handle.pointer, 1, nil, &metadata, try left(handle, "topics"))
        guard code == RD_KAFKA_RESP_ERR_NO_ERROR, let metadata else {
            throw unavailable(handle, "topics: \(KafkaHandle.text(of: code))")
        }
        defer { rd_kafka_metadata_destroy(metadata) }
        var found: [String: Int32] = [:]
        var count = 0
        // Invariant: `topics` has `topic_cnt` elements.
        for index in 0..<Int(metadata.pointee.topic_cnt) {
            let topic = metadata.pointee.topics[index]
            let name = KafkaHandle.string(topic.topic)
            guard name.hasPrefix(prefix), !name.hasPrefix("__"), topic.err == RD_KAFKA_RESP_ERR_NO_ERROR else {
                continue
            }
            count += Int(topic.partition_cnt)
            if count > Self.limit { break }
            found[name] = topic.partition_cnt
        }
        return found
    }

    private func list(
        _ topics: [String: Int32],
        offset: Int64
    ) -> UnsafeMutablePointer<rd_kafka_topic_partition_list_t>? {
        let list = rd_kafka_topic_partition_list_new(Int32(topics.values.reduce(0, +)))
        for (topic, count) in topics {
            for partition in 0..<count {
                rd_kafka_topic_partition_list_add(list, topic, partition)?.pointee.offset = offset
            }
        }
        return list
    }

    /// The first and the next offset of each partition.
    private func ends(of topics: [String: Int32], _ handle: KafkaHandle) throws(BrokerError) -> [Place: Offsets] {
        var found: [Place: Offsets] = [:]
        for (time, member) in [(Int64(-2), \Offsets.first), (-1, \Offsets.end)] {
            let list = list(topics, offset: time)
            defer { rd_kafka_topic_partition_list_destroy(list) }
            let code = rd_kafka_offsets_for_times(handle.pointer, list, try left(handle, "offsets"))
            guard code == RD_KAFKA_RESP_ERR_NO_ERROR, let list else {
                throw unavailable(handle, "offsets: \(KafkaHandle.text(of: code))")
            }
            for (place, offset) in Self.offsets(UnsafePointer(list)) {
                found[place, default: Offsets()][keyPath: member] = offset
            }
        }
        return found
    }

    private func committed(
        _ group: String,
        _ topics: [String: Int32],
        _ handle: KafkaHandle
    ) throws(BrokerError) -> [Place: Int64] {
        let wanted = list(topics, offset: -1001)
        let queue = rd_kafka_queue_new(handle.pointer)
        let options = rd_kafka_AdminOptions_new(handle.pointer, RD_KAFKA_ADMIN_OP_LISTCONSUMERGROUPOFFSETS)
        var request = rd_kafka_ListConsumerGroupOffsets_new(group, wanted)
        defer {
            rd_kafka_ListConsumerGroupOffsets_destroy(request)
            rd_kafka_topic_partition_list_destroy(wanted)
            rd_kafka_AdminOptions_destroy(options)
            rd_kafka_queue_destroy(queue)
        }
        let time = try left(handle, "group \(group)")
        var text = [CChar](repeating: 0, count: 512)
        rd_kafka_AdminOptions_set_request_timeout(options, time, &text, text.count)
        rd_kafka_ListConsumerGroupOffsets(handle.pointer, &request, 1, options, queue)
        guard let pointer = rd_kafka_queue_poll(queue, time + 500) else {
            throw unavailable(handle, "group \(group): no answer")
        }
        let event = KafkaEvent(pointer)
        guard event.error == RD_KAFKA_RESP_ERR_NO_ERROR else {
            throw unavailable(handle, "group \(group): \(KafkaHandle.text(of: event.error))")
        }
        return event.use { event in
            var count = 0
            guard let result = rd_kafka_event_ListConsumerGroupOffsets_result(event),
                let groups = rd_kafka_ListConsumerGroupOffsets_result_groups(result, &count), count > 0,
                let list = rd_kafka_group_result_partitions(groups[0])
            else { return [:] }
            return Dictionary(Self.offsets(list)) { $1 }
        }
    }

    /// The known offsets of a list.
    private static func offsets(
        _ list: UnsafePointer<rd_kafka_topic_partition_list_t>
    ) -> [(Place, Int64)] {
        // Invariant: `elems` has `cnt` elements.
        (0..<Int(list.pointee.cnt)).compactMap { index in
            let element = list.pointee.elems[index]
            guard element.err == RD_KAFKA_RESP_ERR_NO_ERROR, element.offset >= 0 else { return nil }
            return (Place(topic: KafkaHandle.string(element.topic), partition: element.partition), element.offset)
        }
    }
}
