/// Finds the readers that may want an event without asking all of them.
struct LiveIndex {
    /// By topic: the readers of all monitors.
    private var unfiltered: [Set<Int>] = Array(repeating: [], count: LiveTopic.allCases.count)
    private var byMonitor: [Int64: Set<Int>] = [:]

    mutating func insert(_ reader: Int, _ filter: LiveFilter) {
        if let monitors = filter.monitors {
            for monitor in monitors { byMonitor[monitor, default: []].insert(reader) }
        } else {
            for topic in filter.topics.topics { unfiltered[topic.position].insert(reader) }
        }
    }

    mutating func remove(_ reader: Int, _ filter: LiveFilter) {
        guard let monitors = filter.monitors else {
            for topic in filter.topics.topics { unfiltered[topic.position].remove(reader) }
            return
        }
        for monitor in monitors {
            byMonitor[monitor]?.remove(reader)
            if byMonitor[monitor]?.isEmpty == true { byMonitor[monitor] = nil }
        }
    }

    /// Calls `body` with each reader whose filter has the event's monitor; the caller still has to compare the topic.
    func forEach(_ event: LiveEvent, _ body: (Int) -> Void) {
        for reader in unfiltered[event.topic.position] { body(reader) }
        guard let monitor = event.monitor, let readers = byMonitor[monitor] else { return }
        for reader in readers { body(reader) }
    }
}
