import API
import Alerting
import Base
import Broker
import Domain
import HTTPClient
import Live
import Notify
import Pipeline
import Runtime
import SQLite
import Storage
import ZoneInfo
import Results

/// The roles that decide on incidents, record them and send notifications, wired together.
struct AlertingSystem: Sendable {
    let alerter: Alerter<ContinuousClock>
    let sender: NotificationSender<ContinuousClock>
    let channels: ChannelServices
    let rules: RuleSystem
    let housekeeper: AlertingHousekeeper<ContinuousClock>
    /// The dependencies of the API.
    let dependencies: AlertingDependencies

    init(
        _ settings: Settings,
        database: SQLiteDatabase,
        monitors: MonitorRepository,
        results: any ResultStore,
        broker: InProcessBroker,
        registry: MetricsRegistry,
        topic: Topic<CheckResult>,
        health: Health,
        zones: ZoneFiles,
        live: LiveHub,
        logger: Logger
    ) async throws {
        let installation = try await Installation.id(database)
        let catalog = try ProviderCatalog.load(directory: settings.providerDirectory)
        let repository = ChannelRepository(database: database, seal: try CredentialKey(settings).seal(for: "channels"))
        try await EnvironmentSync(repository: repository, catalog: catalog, logger: logger.labelled("channels"))
            .run(settings.channelVariables)
        let deliver = try Self.deliver(settings, catalog)
        let planner = NotificationPlanner(
            channels: repository,
            links: IncidentLinks(base: Self.base(settings), installation: installation),
            logger: logger.labelled("notifier")
        )
        let notifications = NotificationRepository(database: database)
        let incidents = IncidentRepository(database: database)
        let open = OpenIncidents(incidents: incidents, planner: planner, logger: logger.labelled("notifier"))
        let report = ChannelReport(health: health, logger: logger.labelled("notifier")) { $0.fault(in: catalog) }
        let sender = NotificationSender(
            channels: repository,
            outbox: OutboxRepository(database: database),
            notifications: notifications,
            installation: installation,
            metrics: NotificationMetrics(registry),
            logger: logger.labelled("notifier"),
            grace: settings.shutdownTimeout / 2,
            planMissing: { () async throws(StorageError) in try await open.planMissing(at: .now) },
            channelsRead: { report.report($0) },
            isDigesting: { catalog[$0]?.isDigest ?? true },
            isComplete: { catalog[$0]?.isComplete ?? false },
            deliver: deliver
        )
        self.sender = sender
        channels = ChannelServices(
            repository: repository,
            catalog: catalog,
            deliver: deliver,
            changed: { sender.channelsChanged() },
            works: { sender.hurry($0) },
            abandoned: { channel, count in
                logger.labelled("notifier").warning(
                    "a channel was deleted; what waited for it is not sent",
                    ["channel": channel.name, "incidents": "\(count)"]
                )
            }
        )
        let log = IncidentLog(logger.labelled("incidents"))
        let wake: @Sendable ([IncidentChange]) -> Void = { changes in
            log.note(changes)
            sender.wake()
            live.publish(LiveBatch(changes))
        }
        rules = try RuleSystem(
            settings,
            database: database,
            monitors: monitors,
            results: results,
            broker: broker,
            registry: registry,
            health: health,
            planner: planner,
            channels: repository,
            logger: logger.labelled("rules"),
            wake: wake
        )
        let metrics = AlertingMetrics(registry)
        alerter = Alerter(
            broker: broker,
            statuses: StatusRepository(database: database),
            writer: OutageWriter(
                incidents: incidents,
                results: results,
                planner: planner,
                region: settings.region
            ),
            metrics: metrics,
            logger: logger.labelled("alerter"),
            clock: ContinuousClock(),
            topic: topic,
            maintenance: MaintenanceClock(
                MaintenanceRepository(database: database),
                monitors: monitors,
                broker: broker,
                zones: zones,
                logger: logger.labelled("maintenance"),
                faults: { faults in
                    let words = faults.prefix(3).joined(separator: "; ")
                    let count = faults.count == 1 ? "1 window is" : "\(faults.count) windows are"
                    health.set("maintenance", faults.isEmpty ? .ok : .degraded("\(count) never active: \(words)"))
                }
            ),
            canaries: try CanaryWatch.probing(settings.canaries, EmbeddedSystem.probing(settings)),
            monitors: monitors,
            wake: { changes in
                log.note(changes)
                sender.wake()
            },
            publish: { live.publish($0) }
        )
        let silences = SilenceRepository(database: database)
        housekeeper = AlertingHousekeeper(
            incidents: incidents,
            notifications: notifications,
            silences: silences,
            events: AlertEventRepository(database: database),
            retention: settings.incidentRetention,
            logger: logger.labelled("housekeeper")
        )
        dependencies = AlertingDependencies(
            incidents: incidents,
            policies: PolicyRepository(database: database),
            silences: silences,
            notifications: notifications,
            channels: repository,
            commands: IncidentCommands(incidents: incidents, planner: planner, metrics: metrics, wake: wake),
            wake: { sender.wake() },
            routingChanged: { sender.channelsChanged() }
        )
    }

    /// The base URL of links in notifications.
    private static func base(_ settings: Settings) -> String {
        if let url = settings.publicURL { return url.hasSuffix("/") ? String(url.dropLast()) : url }
        let host = settings.apiHost.contains(":") ? "[\(settings.apiHost)]" : settings.apiHost
        return "http://\(host):\(settings.apiPort)"
    }

    /// Sends on its own loop, so that many messages do not delay checks.
    private static func deliver(
        _ settings: Settings,
        _ catalog: ProviderCatalog
    ) throws -> @Sendable (AlertMessage, Channel) async -> DeliveryOutcome {
        var configuration = HTTPClientConfiguration()
        configuration.resolver = settings.resolver
        configuration.addressPolicy = AddressPolicy(denyPrivate: settings.denyPrivate)
        configuration.caFile = settings.alertCAFile ?? configuration.caFile
        configuration.verifyTLS = settings.alertVerifiesTLS
        let client = HTTPClient(loop: try EventLoop(name: "notify"), configuration: configuration)
        let notifier = Notifier(catalog: catalog, client: client)
        return { message, channel in
            if let fault = channel.fault(in: catalog) { return .retry(reason: fault, after: nil) }
            return await notifier.send(message, to: ChannelSettings(kind: channel.kind, values: channel.settings))
        }
    }
}
