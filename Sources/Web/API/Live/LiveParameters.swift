import Base
import Domain
import HTTPServer
import Live
import Storage

/// The query parameters of live events.
enum LiveParameters {
    static let topics = Parameter<LiveTopics?>.optional(
        "topics",
        .string(length: 1...100, example: "monitor,incident"),
        "Any of monitor, incident and result, separated by commas; monitor,incident by default."
    ) { text throws(Schema.TextError) in
        var topics: LiveTopics = []
        for word in text.split(separator: ",", omittingEmptySubsequences: false) {
            guard let topic = LiveTopic(rawValue: String(word)) else {
                throw Schema.TextError("write monitor, incident or result, separated by commas")
            }
            topics.insert(LiveTopics(topic))
        }
        return topics
    }

    static let monitors = Parameter<Set<Int64>?>.optional(
        "monitor_id",
        .string(length: 1...20_000, example: "1,2"),
        "Only of these monitors, at most \(LiveFilter.monitorLimit), separated by commas."
    ) { text throws(Schema.TextError) in
        var monitors: Set<Int64> = []
        for word in text.split(separator: ",", omittingEmptySubsequences: false) {
            guard let id = Int64(word), id > 0 else {
                throw Schema.TextError("write numbers of monitors, separated by commas")
            }
            monitors.insert(id)
        }
        guard monitors.count <= LiveFilter.monitorLimit else { throw Self.tooManyMonitors }
        return monitors
    }

    static let tag = Parameter<String?>.optional(
        "tag",
        .string(length: 1...256, example: "shop"),
        "Only of the monitors that have this tag when the reader connects: later changes of tags have no effect."
    ) { text throws(Schema.TextError) in text.lowercased() }

    static let lastID = Parameter<UInt64?>.optional(
        "last_event_id",
        .string(length: 1...20, example: "1790000000000001"),
        "Continue after this event; the field Last-Event-ID takes precedence."
    ) { text throws(Schema.TextError) in
        guard let id = UInt64(text) else { throw Schema.TextError("write the id of an event") }
        return id
    }

    static let all = [topics.specification, monitors.specification, tag.specification, lastID.specification]

    static let tooManyMonitors = Schema.TextError("at most \(LiveFilter.monitorLimit) monitors may be named")
}

/// A reader's request for live events.
struct LiveRequest {
    let filter: LiveFilter
    /// The id after which it resumes; nil begins with new events.
    let resume: UInt64?

    init(_ call: Call, _ monitors: MonitorRepository) async throws(APIProblem) {
        var filter = LiveFilter(
            topics: try call[LiveParameters.topics] ?? .standard,
            monitors: try call[LiveParameters.monitors]
        )
        if let tag = try call[LiveParameters.tag] {
            let tagged = try await Self.monitors(tagged: tag, monitors)
            filter.monitors = filter.monitors?.intersection(tagged) ?? tagged
        }
        self.filter = filter
        let header = call.request.headers["Last-Event-ID"] ?? ""
        // A text that is no id was never given out: the events after it are not kept.
        resume = header.isEmpty ? try call[LiveParameters.lastID] : UInt64(header) ?? 0
    }

    private static func monitors(
        tagged tag: String,
        _ monitors: MonitorRepository
    ) async throws(APIProblem) -> Set<Int64> {
        let page = try await stored { () async throws(StorageError) in
            try await monitors.list(MonitorFilter(tag: tag), limit: LiveFilter.monitorLimit)
        }
        guard page.next == nil else {
            let message = "more than \(LiveFilter.monitorLimit) monitors have the tag"
            throw APIProblem([.value(message, at: ["query", "tag"])])
        }
        return Set(page.items.map(\.monitor.id.rawValue))
    }
}
