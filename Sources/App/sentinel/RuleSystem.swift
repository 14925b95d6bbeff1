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
import SQLite
import Storage
import Results

/// Servers, rules and their evaluation, wired together.
struct RuleSystem: Sendable {
    let evaluator: RuleEvaluator<ContinuousClock>
    let services: RuleServices
    /// nil when there is no Prometheus.
    let feed: MetricsFeed?

    init(
        _ settings: Settings,
        database: SQLiteDatabase,
        monitors: MonitorRepository,
        results: any ResultStore,
        broker: InProcessBroker,
        registry: MetricsRegistry,
        health: Health,
        planner: NotificationPlanner,
        channels: ChannelRepository,
        logger: Logger,
        wake: @escaping @Sendable ([IncidentChange]) -> Void
    ) throws {
        let client = try Self.client(settings)
        let rules = AlertRuleRepository(database: database)
        let events = AlertEventRepository(database: database)
        var sources = RuleSources(
            own: OwnMetricReader(monitors: monitors, results: results)
        )
        if let client {
            sources.prometheusURL = settings.prometheusURL ?? ""
            sources.prometheus = { await client.evaluate($0) }
        }
        evaluator = RuleEvaluator(
            broker: broker,
            rules: rules,
            writer: RuleWriter(database: database, planner: planner),
            sources: sources,
            health: health,
            metrics: RuleMetrics(registry),
            logger: logger,
            interval: settings.ruleInterval,
            wake: wake
        )
        let editor = RuleEditor(
            servers: ServerRepository(database: database),
            rules: rules,
            planner: planner,
            changed: { await broker.broadcast($0, on: Topics.ruleEvents) },
            wake: wake
        )
        feed = client.map { Self.feed($0, editor.servers, every: settings.watchInterval) }
        feed?.register(in: registry)
        var services = RuleServices(
            editor: editor,
            events: events,
            channels: channels,
            prometheus: client.map(Self.services)
        )
        services.interval = settings.ruleInterval
        services.feed = feed
        self.services = services
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
