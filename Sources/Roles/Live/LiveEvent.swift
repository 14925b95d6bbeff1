import Base

/// One event, encoded once and shared by all readers.
package final class LiveEvent: Sendable {
    /// Ascending over all topics, below 2^53.
    package let id: UInt64
    package let topic: LiveTopic
    /// The monitor that it is about; nil for none.
    package let monitor: Int64?
    /// The JSON text after the value of `id`.
    private let tail: [UInt8]

    init(id: UInt64, _ draft: LiveDraft) {
        self.id = id
        (topic, monitor, tail) = (draft.topic, draft.monitor, draft.tail)
    }

    /// The length of the JSON text in bytes; up to 16 more for the id.
    package var byteCount: Int { tail.count + 8 }

    /// Appends `{"id":…,"topic":…,"type":…,"at":…,"data":{…}}`, one line of UTF-8.
    package func append(to bytes: inout [UInt8]) {
        bytes.append("{\"id\":" as StaticString)
        bytes.append(decimal: Int(id))
        bytes.append(contentsOf: tail)
    }

    /// The JSON text.
    package var json: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(byteCount + 16)
        append(to: &bytes)
        return bytes
    }
}

/// An event that has no id yet.
struct LiveDraft: Sendable {
    let topic: LiveTopic
    let monitor: Int64?
    let tail: [UInt8]

    init(_ topic: LiveTopic, monitor: Int64?, type: String, at time: Timestamp, data: JSONValue) {
        (self.topic, self.monitor) = (topic, monitor)
        var tail: [UInt8] = []
        tail.reserveCapacity(512)
        tail.append(",\"topic\":\"" as StaticString)
        tail.append(topic.rawValue)
        tail.append("\",\"type\":\"" as StaticString)
        tail.append(type)
        tail.append("\",\"at\":\"" as StaticString)
        tail.append(time.description)
        tail.append("\",\"data\":" as StaticString)
        JSONWriter.append(data, to: &tail)
        tail.append(UInt8(ascii: "}"))
        self.tail = tail
    }

    /// An event as another process has encoded it.
    init(_ topic: LiveTopic, monitor: Int64?, tail: [UInt8]) {
        (self.topic, self.monitor, self.tail) = (topic, monitor, tail)
    }
}
