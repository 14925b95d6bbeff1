import Base

/// The latest events, ascending by id, and from which id on they are complete.
struct LiveLog {
    private var events = RingBuffer<LiveEvent>()
    private var bytes = 0
    private let limits: LiveLimits
    /// The id that was given last.
    private(set) var lastID: UInt64
    /// By topic: every event of it after this id is kept.
    private var keptAfter: [UInt64]

    /// Ids begin above `lastID`, so that a reader that reconnects from an earlier process has a smaller one.
    init(lastID: UInt64, _ limits: LiveLimits) {
        (self.lastID, self.limits) = (lastID, limits)
        keptAfter = Array(repeating: lastID, count: LiveTopic.allCases.count)
    }

    /// Gives ids to events and keeps them.
    mutating func append(_ drafts: [LiveDraft]) -> [LiveEvent] {
        drafts.map { draft in
            lastID += 1
            let event = LiveEvent(id: lastID, draft)
            events.append(event)
            bytes += event.byteCount
            while events.count > limits.keptEvents || bytes > limits.keptBytes, let oldest = events.popFirst() {
                bytes -= oldest.byteCount
                keptAfter[oldest.topic.position] = max(keptAfter[oldest.topic.position], oldest.id)
            }
            return event
        }
    }

    /// Gives ids to events that are not kept.
    mutating func pass(_ count: Int, of topic: LiveTopic) {
        guard count > 0 else { return }
        lastID += UInt64(count)
        keptAfter[topic.position] = lastID
    }

    /// Whether all events of the topics after an id are kept; false for an id that was never given.
    func isWhole(after id: UInt64, _ topics: LiveTopics) -> Bool {
        id <= lastID && topics.topics.allSatisfy { keptAfter[$0.position] <= id }
    }

    /// The wanted events after an id, oldest first, and the id up to which the log was searched.
    func read(after id: UInt64, _ filter: LiveFilter) -> (events: [LiveEvent], through: UInt64) {
        var position = firstPosition(after: id)
        let end = min(events.count, position + limits.scannedEvents)
        var found: [LiveEvent] = []
        var through = id
        while position < end, found.count < limits.replayedEvents {
            let event = events[position]
            if filter.wants(event) { found.append(event) }
            through = event.id
            position += 1
        }
        return (found, position == events.count ? lastID : through)
    }

    /// A binary search: ids ascend, with gaps where events were not kept.
    private func firstPosition(after id: UInt64) -> Int {
        var (low, high) = (0, events.count)
        while low < high {
            let middle = (low + high) / 2
            if events[middle].id <= id { low = middle + 1 } else { high = middle }
        }
        return low
    }
}

extension LiveTopic {
    var position: Int {
        switch self {
        case .monitor: 0
        case .result: 1
        case .incident: 2
        }
    }
}
