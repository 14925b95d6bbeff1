import CRDKafka

/// One message as it came from a topic.
struct ReceivedRecord: Sendable {
    let partition: Int32
    let offset: Int64
    let key: [UInt8]?
    let value: [UInt8]
    /// That of the tracker that noted it.
    var generation: UInt32 = 0

    /// Copies a message of librdkafka.
    init(_ message: UnsafePointer<rd_kafka_message_t>) {
        let raw = message.pointee
        // Invariant: librdkafka gives `len` bytes at `payload` and `key_len` at `key` until the message is destroyed.
        func copy(_ start: UnsafeMutableRawPointer?, _ count: Int) -> [UInt8]? {
            start.map { [UInt8](UnsafeRawBufferPointer(start: $0, count: count)) }
        }
        (partition, offset) = (raw.partition, raw.offset)
        (key, value) = (copy(raw.key, raw.key_len), copy(raw.payload, raw.len) ?? [])
    }

    /// Whether a message of librdkafka is a broadcast.
    static func isBroadcast(_ message: UnsafePointer<rd_kafka_message_t>) -> Bool {
        var headers: OpaquePointer?
        guard rd_kafka_message_headers(message, &headers) == RD_KAFKA_RESP_ERR_NO_ERROR else { return false }
        var (value, size): (UnsafeRawPointer?, Int) = (nil, 0)
        return rd_kafka_header_get_last(headers, KafkaHeader.broadcast, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR
    }
}
