import API
import Alerting
import Base
import Domain
import HTTPClient
import Live
import Notify
import Runtime
import Storage

/// Incidents, channels and their notifications, as both the API and the alerter use them.
struct AlertingServices: Sendable {
    let installation: String
    let catalog: ProviderCatalog
    let channels: ChannelRepository
    let incidents: IncidentRepository
    let notifications: NotificationRepository
    let planner: NotificationPlanner
    let metrics: AlertingMetrics
    let signals: SenderSignals
    /// Sends a message through a channel, once.
    let deliver: @Sendable (AlertMessage, Channel) async -> DeliveryOutcome
    /// Called with changes of incidents after they were stored; wakes the sender.
    let wake: @Sendable ([IncidentChange]) -> Void
    /// Publishes live events.
    let publish: @Sendable (LiveBatch) -> Void

    /// Throws `StorageError` when the store cannot be used, and what reading the key, the kinds of channels or the
    /// files of certificates throws.
    init(_ given: RoleDependencies, _ store: RoleStore, publish: @escaping @Sendable (LiveBatch) -> Void) async throws {
        let (settings, logger) = (given.settings, given.logger)
        self.publish = publish
        installation = try await Installation.id(store.database)
        catalog = try ProviderCatalog.load(directory: settings.providerDirectory)
        channels = ChannelRepository(
            database: store.database,
            seal: try CredentialKey(settings).seal(for: "channels")
        )
        try await EnvironmentSync(repository: channels, catalog: catalog, logger: logger.labelled("channels"))
            .run(settings.channelVariables)
        deliver = try Self.deliver(settings, catalog)
        planner = NotificationPlanner(
            channels: channels,
            links: IncidentLinks(base: Self.base(settings, isShared: given.isShared), installation: installation),
            logger: logger.labelled("notifier")
        )
        incidents = IncidentRepository(database: store.database)
        notifications = NotificationRepository(database: store.database)
        metrics = AlertingMetrics(given.registry)
        signals = SenderSignals(given.broker)
        let log = IncidentLog(logger.labelled("incidents"))
        wake = { [signals] changes in
            log.note(changes)
            signals.send(.wake)
        }
    }

    /// What incidents are changed with that no check caused: their live events are published too.
    var changed: @Sendable ([IncidentChange]) -> Void {
        { [wake, publish] changes in
            wake(changes)
            publish(LiveBatch(changes))
        }
    }

    /// The base URL of links in notifications; nil where this process serves no pages and does not know who does.
    private static func base(_ settings: Settings, isShared: Bool) -> String? {
        if let url = settings.publicURL { return url.hasSuffix("/") ? String(url.dropLast()) : url }
        if isShared { return nil }
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
