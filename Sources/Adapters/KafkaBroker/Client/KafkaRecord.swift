/// One message to be produced.
struct KafkaRecord: Sendable {
    /// The partition; nil lets librdkafka choose.
    var partition: Int32?
    var key: [UInt8]?
    var value: [UInt8]
    var headers: [(name: String, value: [UInt8])] = []
}

/// The headers that Sentinel sets.
enum KafkaHeader {
    /// On broadcasts, which consumer groups leave out.
    static let broadcast = "sentinel-broadcast"
    /// Why a message is among the dead letters, and where it came from.
    static let reason = "reason"
    static let topic = "topic"
    static let partition = "partition"
    static let offset = "offset"
    /// The group that could not use it; absent where a listener could not.
    static let group = "group"
}
