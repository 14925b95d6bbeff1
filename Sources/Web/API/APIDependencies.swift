package import Base
package import Broker
package import Domain
package import Live
package import Pipeline
package import Push
package import Storage
package import ZoneInfo
package import Results

/// The services that the API uses.
package struct APIDependencies: Sendable {
    package var kinds: CheckKinds
    package var monitors: MonitorRepository
    package var statuses: StatusRepository
    package var results: any ResultStore
    package var maintenance: MaintenanceRepository
    package var zones = ZoneFiles()
    package var dispatcher: CheckDispatcher
    package var tasks: any TaskStore
    package var broker: any Broker
    package var channels: ChannelServices
    package var alerting: AlertingDependencies
    package var health: Health
    package var metrics: MetricsRegistry
    package var logger: Logger
    /// The source of `/api/v1/events` and `/ws/live`.
    package var live = LiveHub()
    package var policy = MonitorPolicy()
    /// `development`, `staging` or `production`; shown by `/health`.
    package var environment = "development"
    /// The name of the default region.
    package var region = "local"
    /// The other regions; nil where there are none.
    package var regions: RegionDirectory?
    /// Which regions are served.
    package var presence = RegionListener()
    /// Whether `/metrics` answers.
    package var servesMetrics = true
    package var access = AccessPolicy()
    /// Servers, rules and events; nil leaves their routes out.
    package var rules: RuleServices?
    /// Receives pings; nil leaves their routes out.
    package var push: (any PushReceiver)?
    /// Has the newest results; nil where reading the store costs no more.
    package var cache: (any StatusCache)?
    /// Limits requested checks.
    package var limiter: any RateLimiter = MemoryRateLimiter()
    /// How often a check of one monitor may be requested from one address; 0 for any number.
    package var checksPerMinute = 0
    /// The processes and what is between them.
    package var fleet = FleetServices()
    package var now: @Sendable () -> Timestamp = { .now }

    package init(
        kinds: CheckKinds,
        monitors: MonitorRepository,
        statuses: StatusRepository,
        results: any ResultStore,
        dispatcher: CheckDispatcher,
        tasks: any TaskStore,
        broker: any Broker,
        channels: ChannelServices,
        alerting: AlertingDependencies,
        health: Health,
        metrics: MetricsRegistry,
        logger: Logger
    ) {
        self.kinds = kinds
        self.monitors = monitors
        self.statuses = statuses
        self.results = results
        maintenance = MaintenanceRepository(beside: monitors)
        (self.dispatcher, self.tasks, self.broker, self.alerting) = (dispatcher, tasks, broker, alerting)
        self.channels = channels
        (self.health, self.metrics, self.logger) = (health, metrics, logger)
    }

    /// Names the regions of results.
    var regionNaming: RegionNaming { regions?.naming ?? .always(region) }
}
