import CRDKafka

/// A list of partitions and offsets of librdkafka; destroyed with the last reference.
final class PartitionList {
    private let pointer: UnsafeMutablePointer<rd_kafka_topic_partition_list_t>

    init(copying list: UnsafePointer<rd_kafka_topic_partition_list_t>) {
        pointer = rd_kafka_topic_partition_list_copy(list)
    }

    /// Partitions of one topic, each with an offset where one is given.
    init(_ topic: String, _ offsets: [(partition: Int32, offset: Int64?)]) {
        pointer = rd_kafka_topic_partition_list_new(Int32(offsets.count))
        for (partition, offset) in offsets {
            let element = rd_kafka_topic_partition_list_add(pointer, topic, partition)
            if let offset { element?.pointee.offset = offset }
        }
    }

    deinit { rd_kafka_topic_partition_list_destroy(pointer) }

    var partitions: [Int32] { use { Self.elements(of: $0).map(\.partition) } }

    /// Lends the list to librdkafka for a call.
    ///
    /// Invariant: the list lives until the call returns, also when this is its last use.
    func use<R>(_ body: (UnsafeMutablePointer<rd_kafka_topic_partition_list_t>) -> R) -> R {
        withExtendedLifetime(self) { body(pointer) }
    }

    /// The partitions of a list with their offsets and errors.
    static func elements(
        of list: UnsafePointer<rd_kafka_topic_partition_list_t>
    ) -> [(partition: Int32, offset: Int64, error: rd_kafka_resp_err_t)] {
        // Invariant: `elems` has `cnt` elements.
        (0..<Int(list.pointee.cnt)).map { index in
            let element = list.pointee.elems[index]
            return (element.partition, element.offset, element.err)
        }
    }
}
