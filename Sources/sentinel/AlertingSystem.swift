import API
import Alerting
import Base
import Broker
import Domain
import Pipeline
import SQLite
import Storage

/// The roles that decide, write down and tell, wired together.
struct AlertingSystem: Sendable {
    let alerter: Alerter<ContinuousClock>
    let sender: NotificationSender<ContinuousClock>
    /// What the API works with.
    let dependencies: AlertingDependencies

    init(
        _ settings: Settings,
        database: SQLiteDatabase,
        results: ResultRepository,
        broker: InProcessBroker,
        registry: MetricsRegistry,
        topic: Topic<CheckResult>,
        logger: Logger
    ) async throws {
        let installation = try await Installation.id(database)
        let channels = ChannelRepository(
            database: database,
            seal: SettingsSeal(seal: { text, _ in text }) { text, _ in text }
        )
        let planner = NotificationPlanner(
            channels: channels,
            links: IncidentLinks(base: nil, installation: installation)
        )
        let notifications = NotificationRepository(database: database)
        let sender = NotificationSender(
            channels: channels,
            outbox: OutboxRepository(database: database),
            notifications: notifications,
            installation: installation,
            metrics: NotificationMetrics(registry),
            logger: logger.labelled("notifier"),
            isDigesting: { _ in true },
            deliver: { _, _ in .refused(reason: "no provider") }
        )
        self.sender = sender
        let incidents = IncidentRepository(database: database)
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
            topic: topic,
            wake: { _ in sender.wake() }
        )
        dependencies = AlertingDependencies(
            incidents: incidents,
            policies: PolicyRepository(database: database),
            silences: SilenceRepository(database: database),
            notifications: notifications,
            channels: channels,
            commands: IncidentCommands(incidents: incidents, planner: planner, metrics: metrics) { sender.wake() },
            wake: { sender.wake() }
        )
    }
}
