/// The events that a reader wants.
package struct LiveFilter: Sendable, Equatable {
    package var topics: LiveTopics
    /// nil for all monitors; otherwise events without a monitor are left out too.
    package var monitors: Set<Int64>?

    /// The most monitors that one reader may name.
    package static let monitorLimit = 1000

    package init(topics: LiveTopics = .standard, monitors: Set<Int64>? = nil) {
        (self.topics, self.monitors) = (topics, monitors)
    }

    /// Whether an event is wanted.
    package func wants(_ event: LiveEvent) -> Bool {
        guard topics.contains(event.topic) else { return false }
        guard let monitors else { return true }
        return event.monitor.map(monitors.contains) ?? false
    }
}
