import Base
package import Checks

/// The settings of a monitor that people give; the store adds the rest.
package struct MonitorDraft: Sendable, Equatable {
    package var name: String
    package var spec: CheckSpec
    /// Whole seconds.
    package var interval: Duration
    package var isActive: Bool
    /// Lower-case words; order and duplicates do not matter.
    package var tags: [String]
    package var alerting: MonitorAlerting

    /// From validated settings.
    package init(
        name: String,
        spec: CheckSpec,
        interval: Duration = MonitorLimits.defaultInterval,
        isActive: Bool = true,
        tags: [String] = [],
        alerting: MonitorAlerting = MonitorAlerting()
    ) {
        self.name = name
        self.spec = spec
        self.interval = interval
        self.isActive = isActive
        self.tags = tags
        self.alerting = alerting
    }

    /// From the settings of an existing monitor.
    package init(_ monitor: Monitor) {
        self.init(
            name: monitor.name,
            spec: monitor.spec,
            interval: monitor.interval,
            isActive: monitor.isActive,
            tags: monitor.tags,
            alerting: monitor.alerting
        )
    }

    /// Sorted, without duplicates.
    package var normalizedTags: [String] { Set(tags).sorted() }

    /// The text in which searches for monitors look.
    package var searchText: String { name.lowercased() + "\n" + spec.target.lowercased() }
}
