package import Base

/// A monitor: what to check, how often, and whether it is active.
package struct Monitor: Sendable, Equatable {
    package let id: MonitorID
    package var name: String
    package var spec: CheckSpec
    /// 10 s to 24 h, whole seconds.
    package var interval: Duration
    package var isActive: Bool
    /// Lower-case words, sorted, without duplicates.
    package var tags: [String]
    package var alerting: MonitorAlerting
    package var createdAt: Timestamp
    package var updatedAt: Timestamp
    /// Increases with every change of any monitor; a message with an older revision is stale.
    package var revision: Int64

    package init(
        id: MonitorID,
        name: String,
        spec: CheckSpec,
        interval: Duration,
        isActive: Bool,
        tags: [String],
        alerting: MonitorAlerting = MonitorAlerting(),
        createdAt: Timestamp,
        updatedAt: Timestamp,
        revision: Int64
    ) {
        (self.id, self.name, self.spec, self.interval) = (id, name, spec, interval)
        (self.isActive, self.tags, self.alerting) = (isActive, tags, alerting)
        (self.createdAt, self.updatedAt, self.revision) = (createdAt, updatedAt, revision)
    }
}

extension Monitor {
    /// Whether checks are scheduled: it is active, and its results do not come from outside.
    package var isScheduled: Bool { isActive && spec.kind.isActive }

    /// The regions that check it; empty for the default one.
    package var regions: [RegionName] { alerting.regions }

    /// When people are notified, with what follows from the interval and the time limit of its checks.
    package var judgement: MonitorAlerting { alerting.judging(every: interval, within: spec.timeout) }
}

/// The limits and defaults of a monitor's settings.
package enum MonitorLimits {
    package static let interval: ClosedRange<Duration> = .seconds(10)...(.seconds(86_400))
    package static let defaultInterval: Duration = .seconds(60)
    package static let nameLength = 255
    package static let tagCount = 20
    package static let tagLength = 50
    package static let regionCount = 20
}
