import Alerting
import Base
import Broker
import Domain
import Live
import Pipeline
import SQLite
import Storage

/// The roles that decide, write down and tell, wired together.
struct AlertingSystem: Sendable {
    let alerter: Alerter<ContinuousClock>
    let sender: NotificationSender<ContinuousClock>
    let channels: ChannelRepository

    init(
        _ settings: Settings,
        database: SQLiteDatabase,
        results: ResultRepository,
        broker: InProcessBroker,
        registry: MetricsRegistry,
        topic: Topic<CheckResult>,
        live: LiveHub,
        logger: Logger
    ) async throws {
        let installation = try await Installation.id(database)
        channels = ChannelRepository(
            database: database,
            seal: SettingsSeal(seal: { text, _ in text }) { text, _ in text }
        )
        let planner = NotificationPlanner(
            channels: channels,
            links: IncidentLinks(base: nil, installation: installation)
        )
        let sender = NotificationSender(
            channels: channels,
            outbox: OutboxRepository(database: database),
            notifications: NotificationRepository(database: database),
            installation: installation,
            metrics: NotificationMetrics(registry),
            logger: logger.labelled("notifier"),
            isDigesting: { _ in true },
            deliver: { _, _ in .refused(reason: "no provider") }
        )
        self.sender = sender
        alerter = Alerter(
            broker: broker,
            statuses: StatusRepository(database: database),
            writer: OutageWriter(
                incidents: IncidentRepository(database: database),
                results: results,
                planner: planner,
                region: settings.region
            ),
            metrics: AlertingMetrics(registry),
            logger: logger.labelled("alerter"),
            topic: topic,
            wake: { _ in sender.wake() },
            publish: { live.publish($0) }
        )
    }
}
