import Messages
import API
import Alerting
import Base
import Broker
import Domain
import HTTPClient
import Pipeline
import PromQL
import Runtime
import Storage
import Results

/// Servers, rules and their evaluation, as both the API and the alerter use them.
struct RuleSystem: Sendable {
    private let client: PrometheusClient?
    private let rules: AlertRuleRepository
    private let servers: ServerRepository
    /// nil when there is no Prometheus.
    let feed: MetricsFeed?

    /// Throws when the loop of the client cannot be created, or the address of Prometheus cannot be used.
    init(_ given: RoleDependencies, _ store: RoleStore) throws {
        let client = try Self.client(given.settings)
        let servers = ServerRepository(database: store.database)
        rules = AlertRuleRepository(database: store.database)
        feed = client.map { Self.feed($0, servers, every: given.settings.watchInterval) }
        (self.client, self.servers) = (client, servers)
    }

    /// The evaluator of rules, and the service that keeps its lease.
    func evaluator(
        _ given: RoleDependencies,
        _ store: RoleStore,
        _ alerting: AlertingServices
    ) -> (evaluator: RuleEvaluator<ContinuousClock>, lease: LeaseService?) {
        let (lease, keeping) = given.lease("rules")
        var sources = RuleSources(own: OwnMetricReader(monitors: store.monitors, results: store.results))
        if let client {
            sources.prometheusURL = given.settings.prometheusURL ?? ""
            sources.prometheus = { await client.evaluate($0) }
        }
        let evaluator = RuleEvaluator(
            broker: given.broker,
            rules: rules,
            writer: RuleWriter(database: store.database, planner: alerting.planner),
            sources: sources,
            lease: lease,
            health: given.health,
            metrics: RuleMetrics(given.registry),
            logger: given.logger.labelled("rules"),
            interval: given.settings.ruleInterval,
            wake: alerting.changed
        )
        return (evaluator, keeping)
    }

    /// What the API's routes of servers and rules use.
    func services(_ given: RoleDependencies, _ store: RoleStore, _ alerting: AlertingServices) -> RuleServices {
        let broker = given.broker
        let editor = RuleEditor(
            servers: servers,
            rules: rules,
            planner: alerting.planner,
            changed: { await broker.broadcast($0, on: Topics.ruleEvents) },
            wake: alerting.changed
        )
        feed?.register(in: given.registry)
        var services = RuleServices(
            editor: editor,
            events: AlertEventRepository(database: store.database),
            channels: alerting.channels,
            prometheus: client.map(Self.services)
        )
        services.interval = given.settings.ruleInterval
        services.feed = feed
        return services
    }

    /// The feed of metrics for those who watch servers.
    private static func feed(
        _ client: PrometheusClient,
        _ servers: ServerRepository,
        every interval: Duration
    ) -> MetricsFeed {
        // So that a Prometheus that hangs is reported when the next message is due.
        let timeout = min(max(interval, .seconds(2)), .seconds(10))
        return MetricsFeed(servers, interval: interval) { server in
            await client.summary(job: server.jobName, instance: server.instance, timeout: timeout)
                .message(of: server, at: .now)
        }
    }

    /// A client on its own loop; nil when there is no Prometheus.
    private static func client(_ settings: Settings) throws -> PrometheusClient? {
        guard let url = settings.prometheusURL else { return nil }
        var credentials: PrometheusConfiguration.Credentials?
        if let token = settings.prometheusToken {
            credentials = .bearer(token)
        } else if let user = settings.prometheusUser, let password = settings.prometheusPassword {
            credentials = .basic(user: user, password: password)
        }
        var configuration = HTTPClientConfiguration(resolver: settings.resolver)
        configuration.keepsConnections = true
        return PrometheusClient(
            http: HTTPClient(loop: try EventLoop(name: "prometheus"), configuration: configuration),
            configuration: try PrometheusConfiguration(baseURL: url, credentials: credentials)
        )
    }

    /// The API's queries to Prometheus: metrics of servers, and validation of a query within two seconds.
    private static func services(_ client: PrometheusClient) -> RuleServices.Prometheus {
        RuleServices.Prometheus(
            summary: { job, instance in await client.summary(job: job, instance: instance) },
            fault: { query in
                do throws(QueryError) {
                    _ = try await client.validate(query, timeout: .seconds(1))
                    return nil
                } catch {
                    if case .badQuery = error { return error }
                    return nil
                }
            },
            range: { query, grid throws(QueryError) in try await client.timeSeries(of: query, on: grid) },
            recent: { query, grid throws(QueryError) in
                try await client.timeSeries(of: query, on: grid, timeout: .seconds(2))
            }
        )
    }
}
