package import Base
package import Domain

/// The monitors that a list shows; nil members do not restrict it.
package struct MonitorFilter: Sendable, Equatable {
    /// A text in the name or the URL, regardless of case.
    package var query: String?
    package var state: MonitorState?
    /// All of these tags; only a few, since each is looked up separately.
    package var tags: [String]
    package var isActive: Bool?

    /// Without arguments, all monitors pass.
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

/// A page of a list in ascending order of ids.
package struct MonitorPage: Sendable, Equatable {
    package let items: [MonitorSummary]
    /// The id after which the next page begins; nil on the last page.
    package let next: MonitorID?
}
