package import Base
package import Domain

/// Which monitors a list shows; nil members do not restrict it.
package struct MonitorFilter: Sendable, Equatable {
    /// Stands somewhere in the name or the URL; the case of letters does not matter.
    package var query: String?
    package var state: MonitorState?
    /// Each of these; at most a few, since each is looked up by itself.
    package var tags: [String]
    package var isActive: Bool?

    /// A filter; without arguments all monitors pass.
    package init(
        query: String? = nil,
        state: MonitorState? = nil,
        tag: String? = nil,
        tags: [String] = [],
        isActive: Bool? = nil
    ) {
        self.query = query
        self.state = state
        self.tags = tags + (tag.map { [$0] } ?? [])
        self.isActive = isActive
    }
}

/// A monitor with its state.
package struct MonitorSummary: Sendable, Equatable {
    package let monitor: Monitor
    package let state: MonitorState
    /// When the state began.
    package let since: Timestamp
}

/// A part of a list in ascending order of ids.
package struct MonitorPage: Sendable, Equatable {
    package let items: [MonitorSummary]
    /// Where the next page goes on; nil on the last one.
    package let next: MonitorID?
}
