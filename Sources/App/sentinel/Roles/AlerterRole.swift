import Alerting
import Base
import Domain
import Lease
import Live
import Notify
import Runtime
import Storage

/// Judges results, evaluates rules, and sends notifications.
enum AlerterRole {
    /// The services, consumers before producers, and the numbers of monitors by state.
    ///
    /// Throws when the loop of the canaries cannot be created.
    static func services(
        _ given: RoleDependencies,
        _ store: RoleStore,
        _ alerting: AlertingServices,
        _ rules: RuleSystem
    ) throws -> (services: [any Service], counts: MonitorCounts) {
        let (lease, keeping) = given.lease("notifier")
        let sender = sender(given, store, alerting, lease)
        let alerter = try alerter(given, store, alerting)
        let (evaluator, evaluating) = rules.evaluator(given, store, alerting)
        let survey = StoredRowSurvey(
            database: store.database,
            channels: alerting.channels,
            unknownSettings: { [catalog = alerting.catalog] channel in
                catalog.unknownSettings(of: ChannelSettings(kind: channel.kind, values: channel.settings))
            }
        )
        let services: [any Service] = [
            sender,
            SenderSignalService(
                sender,
                given.broker,
                clock: ContinuousClock(),
                patience: given.isShared ? .seconds(10) : nil
            ),
            alerter, evaluator,
            housekeeper(given, store, alerting),
            StoredRowWatch(survey: survey, logger: given.logger.labelled("store")),
        ]
        return ([keeping, evaluating].compactMap { $0 } + services, alerter.counts)
    }

    private static func sender(
        _ given: RoleDependencies,
        _ store: RoleStore,
        _ alerting: AlertingServices,
        _ lease: any LeaderLease
    ) -> NotificationSender<ContinuousClock> {
        let logger = given.logger.labelled("notifier")
        let catalog = alerting.catalog
        let open = OpenIncidents(incidents: alerting.incidents, planner: alerting.planner, logger: logger)
        let report = ChannelReport(health: given.health, logger: logger) { $0.fault(in: catalog) }
        return NotificationSender(
            channels: alerting.channels,
            outbox: OutboxRepository(database: store.database),
            notifications: alerting.notifications,
            installation: alerting.installation,
            metrics: NotificationMetrics(given.registry),
            logger: logger,
            lease: lease,
            grace: given.settings.shutdownTimeout / 2,
            planMissing: { () async throws(StorageError) in try await open.planMissing(at: .now) },
            channelsRead: { report.report($0) },
            isDigesting: { catalog[$0]?.isDigest ?? true },
            isComplete: { catalog[$0]?.isComplete ?? false },
            deliver: alerting.deliver
        )
    }

    private static func alerter(
        _ given: RoleDependencies,
        _ store: RoleStore,
        _ alerting: AlertingServices
    ) throws -> Alerter<ContinuousClock> {
        let (logger, health) = (given.logger, given.health)
        let maintenance = MaintenanceClock(
            MaintenanceRepository(database: store.database),
            monitors: store.monitors,
            broker: given.broker,
            zones: given.zones,
            logger: logger.labelled("maintenance"),
            faults: { faults in
                let words = faults.prefix(3).joined(separator: "; ")
                let count = faults.count == 1 ? "1 window is" : "\(faults.count) windows are"
                health.set("maintenance", faults.isEmpty ? .ok : .degraded("\(count) never active: \(words)"))
            }
        )
        return Alerter(
            broker: given.broker,
            statuses: StatusRepository(database: store.database, settings: store.checks),
            regions: store.regions,
            writer: OutageWriter(
                incidents: alerting.incidents,
                results: store.results,
                planner: alerting.planner,
                regions: store.regions.naming
            ),
            metrics: alerting.metrics,
            health: health,
            logger: logger.labelled("alerter"),
            clock: ContinuousClock(),
            topic: given.results,
            drainLimit: given.drainLimit,
            // One process alone loses what is not stored when it ends: nothing of that was judged for good.
            processorPatience: given.isShared ? .seconds(10) : .zero,
            maintenance: maintenance,
            canaries: try CanaryWatch.probing(given.settings.canaries, WorkerRole.probing(given.settings)),
            monitors: store.monitors,
            wake: alerting.wake,
            publish: alerting.publish
        )
    }

    private static func housekeeper(
        _ given: RoleDependencies,
        _ store: RoleStore,
        _ alerting: AlertingServices
    ) -> AlertingHousekeeper<ContinuousClock> {
        AlertingHousekeeper(
            incidents: alerting.incidents,
            notifications: alerting.notifications,
            silences: SilenceRepository(database: store.database),
            events: AlertEventRepository(database: store.database),
            retention: given.settings.incidentRetention,
            logger: given.logger.labelled("housekeeper")
        )
    }
}
