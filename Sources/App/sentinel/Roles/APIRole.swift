import API
import Alerting
import Base
import Broker
import Domain
import Fleet
import HTTPServer
import Live
import Pipeline
import Push
import Runtime
import Storage

/// Serves the API and the pages, and receives pings.
enum APIRole {
    /// The API's routes as a handler, the services behind them, and those that serve readers.
    ///
    /// The last are stopped before the server, so that readers get the reason.
    static func build(
        _ given: RoleDependencies,
        _ store: RoleStore,
        _ alerting: AlertingServices,
        _ rules: RuleSystem,
        _ live: LiveHub
    ) -> (handler: Handler, services: [any Service], readers: [any Service]) {
        let settings = given.settings
        let statuses = StatusRepository(database: store.database)
        let push = PushWatch(
            broker: given.broker,
            monitors: store.monitors,
            statuses: statuses,
            results: store.results,
            zones: given.zones,
            logger: given.logger.labelled("push"),
            topic: given.results,
            isShared: given.isShared
        )
        var dependencies = APIDependencies(
            kinds: Kinds.all,
            monitors: store.monitors,
            statuses: statuses,
            results: store.results,
            dispatcher: CheckDispatcher(
                broker: given.broker,
                tasks: given.tasks,
                unnamedRegion: given.unnamedRegion
            ),
            tasks: given.tasks,
            broker: given.broker,
            channels: channels(given, alerting),
            alerting: self.alerting(store, alerting),
            health: given.health,
            metrics: given.registry,
            logger: given.logger.labelled("api")
        )
        dependencies.policy = MonitorPolicy(
            interval: settings.checkInterval,
            timeout: settings.checkTimeout,
            tlsDirectory: settings.tlsDirectory
        )
        dependencies.zones = given.zones
        dependencies.cache = given.shared.statusCache
        dependencies.limiter = given.shared.limiter
        dependencies.checksPerMinute = settings.requestedChecks
        dependencies.fleet = FleetServices(store: given.shared.fleet) { [broker = given.broker] () throws(FleetError) in
            do throws(BrokerError) { return try await broker.backlog().map(QueueState.init) } catch {
                throw .unavailable("\(error)")
            }
        }
        dependencies.push = push
        dependencies.live = live
        dependencies.environment = settings.environment.rawValue
        dependencies.region = settings.region
        dependencies.regions = store.regions
        dependencies.servesMetrics = settings.servesMetrics
        dependencies.rules = rules.services(given, store, alerting)
        dependencies.access = AccessPolicy(allowedHosts: settings.allowedHosts, trustedOrigins: settings.trustedOrigins)
        var readers: [any Service] = [LiveService(live)]
        if let feed = rules.feed { readers.append(MetricsFeedService(feed, broker: given.broker)) }
        let regions = RegionListening(listener: dependencies.presence, broker: given.broker)
        return (API(dependencies).router().makeHandler(), [push, regions], readers)
    }

    private static func channels(_ given: RoleDependencies, _ alerting: AlertingServices) -> ChannelServices {
        let (signals, logger) = (alerting.signals, given.logger.labelled("notifier"))
        return ChannelServices(
            repository: alerting.channels,
            catalog: alerting.catalog,
            deliver: alerting.deliver,
            changed: { signals.send(.channelsChanged) },
            works: { signals.send(.works($0)) },
            abandoned: { channel, count in
                logger.warning(
                    "a channel was deleted; what waited for it is not sent",
                    ["channel": channel.name, "incidents": "\(count)"]
                )
            }
        )
    }

    private static func alerting(_ store: RoleStore, _ alerting: AlertingServices) -> AlertingDependencies {
        let signals = alerting.signals
        return AlertingDependencies(
            incidents: alerting.incidents,
            policies: PolicyRepository(database: store.database),
            silences: SilenceRepository(database: store.database),
            notifications: alerting.notifications,
            channels: alerting.channels,
            commands: IncidentCommands(
                incidents: alerting.incidents,
                planner: alerting.planner,
                metrics: alerting.metrics,
                wake: alerting.changed
            ),
            wake: { signals.send(.wake) },
            routingChanged: { signals.send(.channelsChanged) }
        )
    }
}

extension QueueState {
    fileprivate init(_ backlog: TopicBacklog) {
        self.init(
            topic: backlog.topic,
            group: backlog.group,
            lag: backlog.waiting,
            inFlight: backlog.inFlight,
            oldestAge: backlog.oldestAge,
            deadLetters: backlog.deadLetters,
            members: backlog.members
        )
        knowsAges = backlog.knowsAges
    }
}
