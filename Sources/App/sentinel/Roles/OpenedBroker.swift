import Alerting
import Base
import Broker
import Domain
import KafkaBroker
import Live
import Messages
import Pipeline
import Redis
import RedisBroker
import RedisStores
import Runtime
import Storage

/// The broker that processes share, and what is kept beside it.
struct OpenedBroker: Sendable {
    let broker: any Broker
    let tasks: any TaskStore
    let shared: SharedServices
    /// All connections; what waits for the broker when it is closed ends with an error.
    let closings: [Closing]

    /// The broker within this process, which nothing has to end.
    static func inProcess(_ registry: MetricsRegistry) -> OpenedBroker {
        OpenedBroker(
            broker: InProcessBroker(metrics: registry),
            tasks: MemoryTaskStore(),
            shared: SharedServices(),
            closings: []
        )
    }

    /// Why the settings lead to no broker.
    enum OpeningError: Error, CustomStringConvertible {
        case noRedis(Role)
        case settings(String)

        var description: String {
            switch self {
            case .noRedis(let role):
                "'sentinel \(role.rawValue)' works together with other processes over Redis: "
                    + "set REDIS_URL, such as redis://127.0.0.1:6379/0 (or use 'sentinel serve', which needs none)"
            case .settings(let problem): problem
            }
        }
    }

    /// Opens the broker that the settings name, Kafka when its servers are set and Redis otherwise: the only place that
    /// chooses one.
    ///
    /// Throws `OpeningError` when a setting is missing or wrong, and what the brokers throw.
    static func open(
        _ settings: Settings,
        for role: Role,
        registry: MetricsRegistry,
        health: Health,
        logger: Logger
    ) throws -> OpenedBroker {
        guard let text = settings.redisURL else { throw OpeningError.noRedis(role) }
        let url: RedisURL
        do throws(RedisURL.ParseError) { url = try RedisURL(text) } catch { throw OpeningError.settings("\(error)") }
        let codecs = try codecs(settings)
        let logger = logger.labelled("broker")
        let loop = try EventLoop(name: "redis")
        // Invariant: never released, because connections use it until the last moment of the process.
        _ = Unmanaged.passRetained(loop)
        let client = RedisClient(url, name: "sentinel-tasks", on: loop)
        let tasks = RedisTaskStore(client: client, codec: resultCodec(settings), logger: logger)
        let carriesMessages = settings.kafkaVariables.isEmpty
        let (redis, clients) = SharedServices.onRedis(
            url,
            loop,
            results: resultCodec(settings),
            health: health,
            logger: logger,
            isNeeded: carriesMessages,
            isAwaited: role != .api
        )
        let closings = (clients + [client]).map { client in
            Closing("connection \(client.name) to Redis") { await client.close() }
        }
        guard carriesMessages else {
            let broker = try KafkaBroker(
                configuration: KafkaConfiguration(environment: settings.kafkaVariables),
                codecs: codecs,
                metrics: registry,
                logger: logger
            )
            var shared = redis
            shared.watches.append(KafkaWatch(broker, health: health, logger: logger, isNeeded: role != .api))
            let closing = Closing("the connections to Kafka") { await broker.close() }
            return OpenedBroker(broker: broker, tasks: tasks, shared: shared, closings: [closing] + closings)
        }
        let broker = RedisBroker(
            url: url,
            codecs: codecs,
            loop: loop,
            metrics: registry,
            logger: logger,
            health: health
        )
        let closing = Closing("the broker's connections to Redis") { await broker.close() }
        return OpenedBroker(broker: broker, tasks: tasks, shared: redis, closings: [closing] + closings)
    }

    /// The codecs of every message; the credentials in jobs stay sealed.
    ///
    /// Throws `SecretKeyError` when the settings' key cannot be used.
    private static func codecs(_ settings: Settings) throws -> MessageCodecs {
        let column = CheckSettingsColumn(kinds: Kinds.all, seal: try CredentialKey(settings).seal(for: "monitors"))
        var codecs = MessageCodecs()
        codecs.add(.checkJobs(SpecCodec(encode: column.encode, decode: column.decode)))
        codecs.add(resultCodec(settings))
        codecs.add(.monitorEvents)
        codecs.add(.maintenanceChanges)
        codecs.add(.confirmations)
        codecs.add(.connectivity)
        codecs.add(.regionBeats)
        codecs.add(.ruleEvents)
        codecs.add(.senderSignals)
        codecs.add(.liveEvents(region: settings.region))
        codecs.add(.liveInterest)
        return codecs
    }

    private static func resultCodec(_ settings: Settings) -> MessageCodec<CheckResult> {
        .results(kinds: Kinds.all, regions: .always(settings.region))
    }
}
