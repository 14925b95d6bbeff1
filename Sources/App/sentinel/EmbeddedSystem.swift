import Messages
import Notify
import API
import Alerting
import Base
import Broker
import Domain
import HTTPClient
import HTTPServer
import Live
import Pipeline
import Processing
import Push
import Runtime
import SQL
import SQLite
import Scheduling
import SQLiteResults
import Storage
import Worker
import ZoneInfo

/// Every role in one process, on an embedded store and an in-process broker.
struct EmbeddedSystem: Sendable {
    let server: HTTPServer
    /// In starting order; stopped in reverse.
    let services: [any Service]

    init(_ settings: Settings, database: SQLiteDatabase, descriptors: Int, logger: Logger) async throws {
        let registry = MetricsRegistry()
        let metrics = PipelineMetrics(registry)
        let health = Health()
        let broker = InProcessBroker(metrics: registry)
        let tasks = MemoryTaskStore()
        let monitors = MonitorRepository(
            database: database,
            settings: CheckSettingsColumn(kinds: Kinds.all, seal: try CredentialKey(settings).seal(for: "monitors"))
        )
        let results = SQLiteResults(database: database)
        database.rowFaults.report(to: health, registry, logger.labelled("store"))
        // First seals credentials that an earlier release stored in clear text.
        var renewed: Int64 = 0
        while let next = try await monitors.renewStored(after: renewed, limit: 500) { renewed = next }
        let topic = Topics.results(capacity: settings.bufferedResults)

        let processor = Processor(
            broker: broker,
            repository: results,
            tasks: tasks,
            reporter: StoreReporter(health: health, metrics: metrics, logger: logger.labelled("store")),
            metrics: metrics,
            // The workers have gathered the results of an interval already.
            flushInterval: .zero,
            flushSize: settings.flushSize,
            topic: topic
        )
        let workers = try Self.workers(settings, broker, tasks, metrics, topic, descriptors: descriptors)
        let scheduler = Scheduler(
            broker: broker,
            monitors: monitors,
            metrics: metrics,
            health: health,
            logger: logger.labelled("scheduler"),
            lookahead: settings.lookahead
        )
        let housekeeper = Housekeeper(
            results: results,
            monitors: monitors,
            retention: settings.retention,
            metrics: metrics,
            logger: logger.labelled("housekeeper")
        )
        let zones = ZoneFiles()
        let live = LiveHub(region: settings.region)
        live.register(in: registry)
        let alerting = try await AlertingSystem(
            settings,
            database: database,
            monitors: monitors,
            results: results,
            broker: broker,
            registry: registry,
            topic: topic,
            health: health,
            zones: zones,
            live: live,
            logger: logger
        )

        let push = PushWatch(
            broker: broker,
            monitors: monitors,
            statuses: StatusRepository(database: database),
            results: results,
            zones: zones,
            logger: logger.labelled("push"),
            topic: topic
        )

        var dependencies = APIDependencies(
            kinds: Kinds.all,
            monitors: monitors,
            statuses: StatusRepository(database: database),
            results: results,
            dispatcher: CheckDispatcher(broker: broker, tasks: tasks),
            tasks: tasks,
            broker: broker,
            channels: alerting.channels,
            alerting: alerting.dependencies,
            health: health,
            metrics: registry,
            logger: logger.labelled("api")
        )
        dependencies.policy = MonitorPolicy(
            interval: settings.checkInterval,
            timeout: settings.checkTimeout,
            tlsDirectory: settings.tlsDirectory
        )
        dependencies.zones = zones
        dependencies.push = push
        dependencies.live = live
        dependencies.environment = settings.environment.rawValue
        dependencies.region = settings.region
        dependencies.servesMetrics = settings.servesMetrics
        dependencies.rules = alerting.rules.services
        dependencies.access = AccessPolicy(allowedHosts: settings.allowedHosts, trustedOrigins: settings.trustedOrigins)
        var limits = Limits()
        limits.connections = min(limits.connections, max(16, descriptors / 4))
        // Clients send only a line of JSON over a WebSocket.
        limits.webSocketMessageBytes = 32 * 1024
        limits.webSocketBufferBytes = 32 * 1024
        let loop = try EventLoop(name: "api")
        // Reading the system's authorities takes tens of milliseconds, so it is done at start and not during the first
        // TLS check.
        let probing = Self.probing(settings)
        loop.execute { TrustStore.preload(caFile: probing.caFile, crlFile: probing.crlFile) }
        server = HTTPServer(
            loops: [loop],
            limits: limits,
            handler: API(dependencies).router().makeHandler()
        )

        SystemMetrics.register(registry, counts: alerting.alerter.counts, database: database, startedAt: .now)
        services =
            [
                alerting.sender, processor, alerting.alerter, alerting.rules.evaluator, housekeeper,
                alerting.housekeeper,
                StoredRowWatch(
                    survey: StoredRowSurvey(
                        database: database,
                        channels: alerting.channels.repository,
                        unknownSettings: { [catalog = alerting.channels.catalog] channel in
                            catalog.unknownSettings(of: ChannelSettings(kind: channel.kind, values: channel.settings))
                        }
                    ),
                    logger: logger.labelled("store")
                ),
            ] + workers
            + [scheduler, push, HTTPService(server, name: "api", grace: .seconds(5)), LiveService(live)]
            + (alerting.rules.feed.map { [MetricsFeedService($0, broker: broker)] } ?? [])
    }

    static func probing(_ settings: Settings) -> ProbeConfiguration {
        var probing = ProbeConfiguration()
        probing.resolver = settings.resolver
        probing.crlFile = settings.crlFile
        probing.addressPolicy = AddressPolicy(denyPrivate: settings.denyPrivate)
        return probing
    }

    private static func workers(
        _ settings: Settings,
        _ broker: InProcessBroker,
        _ tasks: MemoryTaskStore,
        _ metrics: PipelineMetrics,
        _ topic: Topic<CheckResult>,
        descriptors: Int
    ) throws -> [Worker] {
        var configuration = WorkerConfiguration()
        configuration.results = topic
        configuration.flushInterval = settings.flushInterval
        configuration.maximumRunning = max(
            1,
            min(settings.maximumConcurrentChecks, (descriptors - 256) / 2) / settings.probeLoops
        )
        configuration.maximumPerTarget = max(1, settings.targetConcurrency / settings.probeLoops)
        let lateness = LatenessMaximum()
        let overlap = OverlapGuard()
        metrics.gauge(
            "sentinel_check_lateness_max_seconds",
            "The greatest lateness of the last one to two minutes."
        ) { lateness.value.inSeconds }
        let probing = probing(settings)
        return try (0..<settings.probeLoops).map { index in
            Worker(
                name: "worker-\(index)",
                loop: try EventLoop(name: "probe-\(index)"),
                broker: broker,
                tasks: tasks,
                configuration: configuration,
                metrics: metrics,
                latenessMaximum: lateness,
                overlap: overlap
            ) { [probing] kind, loop in kind.makeProber(on: loop, probing) }
        }
    }
}
