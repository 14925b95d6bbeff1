import Base
package import Broker

/// Says that a process has readers of results.
package struct LiveInterest: Sendable, Equatable {
    package init() {}
}

/// The topics of live events between processes.
package enum LiveBroadcasts {
    /// From alerters to the processes that serve readers; best effort, as live events are.
    package static let events = Topic<LiveBatch>(name: "live-events", capacity: 1000, whenFull: .dropOldest)
    /// From the processes that serve readers to the alerters, again and again while results are read.
    package static let interest = Topic<LiveInterest>(name: "live-interest", capacity: 100, whenFull: .dropOldest)
}

extension MessageCodec<LiveInterest> {
    package static let liveInterest = MessageCodec { _ in
        Array("{}".utf8)
    } decode: { _ throws(MessageError) in
        LiveInterest()
    }
}

extension MessageCodec<LiveBatch> {
    /// Events as readers get them, without their ids: each process numbers them for its own readers.
    ///
    /// `region` is the name of the default region.
    package static func liveEvents(region: String) -> MessageCodec {
        MessageCodec { batch in
            let drafts = LiveTopic.allCases.flatMap { batch.drafts($0, region: region) }
            let events = drafts.map { draft -> JSONValue in
                [
                    "topic": .string(draft.topic.rawValue),
                    "monitor": draft.monitor.map { .integer($0) } ?? .null,
                    "event": .string(String(decoding: draft.tail, as: UTF8.self)),
                ]
            }
            return Array(JSONValue.object(JSONObject([("events", .array(events))])).description.utf8)
        } decode: { bytes throws(MessageError) in
            guard let events = (try? JSONValue(parsing: bytes))?["events"]?.arrayValue else {
                throw MessageError("events is missing")
            }
            var drafts: [LiveDraft] = []
            for event in events {
                // A newer release may have more topics.
                guard let topic = event["topic"]?.stringValue.flatMap({ LiveTopic(rawValue: $0) }) else { continue }
                guard let text = event["event"]?.stringValue, isEvent(text) else {
                    throw MessageError("event is no event")
                }
                drafts.append(LiveDraft(topic, monitor: event["monitor"]?.integerValue, tail: Array(text.utf8)))
            }
            return drafts.isEmpty ? nil : LiveBatch(encoded: drafts)
        }
    }

    /// Whether a text completes `{"id":1` to a JSON object: it is passed on to readers as it is.
    private static func isEvent(_ text: String) -> Bool {
        guard text.hasPrefix(","), case .object? = try? JSONValue(parsing: Array("{\"id\":1\(text)".utf8)) else {
            return false
        }
        return true
    }
}
