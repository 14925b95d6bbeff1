import HTTPCheck
import Messages
import API
import Alerting
import Base
import Domain
import HTTPServer
import Notify
import Pipeline
import Results
import SQL
import Storage
import TestSupport
import Testing

/// The API on an empty database in memory, called in process.
struct TestApplication: Sendable {
    let database: any Database
    let broker = RecordingBroker()
    let tasks = MemoryTaskStore()
    let health = Health()
    let metrics = MetricsRegistry()
    let log = RecordingLog()
    let deliveries = RecordingDeliveries()
    let monitors: MonitorRepository
    let results: any ResultStore
    let alerting: AlertingDependencies
    /// How often the sender was woken.
    let wakes = Shared(0)
    let api: API
    let handler: Handler
    /// The port for requests over a real connection; nil calls the router.
    var port: UInt16?

    init(
        kinds: CheckKinds = CheckKinds([HTTPKind.self]),
        _ configure: (inout APIDependencies) -> Void = { _ in }
    ) async throws {
        database = try await DatabaseBackend.current.open()
        _ = try await Migrator(database: database, migrations: Storage.StorageSchema.migrations).up()
        monitors = MonitorRepository(database: database, settings: CheckSettingsColumn(kinds: kinds, seal: nil))
        results = ResultBackend(of: database).make(on: database)
        let wakes = wakes
        alerting = Self.alerting(database, metrics) { wakes.change { $0 += 1 } }
        var dependencies = APIDependencies(
            kinds: kinds,
            monitors: monitors,
            statuses: StatusRepository(database: database),
            results: results,
            dispatcher: CheckDispatcher(broker: broker, tasks: tasks),
            tasks: tasks,
            broker: broker,
            channels: ChannelServices(
                repository: ChannelRepository(
                    database: database,
                    seal: SettingsSeal(seal: { text, place in "\(place):\(text)" }) { text, place in
                        String(text.dropFirst(place.count + 1))
                    }
                ),
                catalog: try ProviderCatalog.load(),
                deliver: { [deliveries] message, channel in deliveries.take(message, channel) },
                changed: {},
                works: { [deliveries] in deliveries.noteWorking($0) }
            ),
            alerting: alerting,
            health: health,
            metrics: metrics,
            logger: Logger(label: "api", handler: log)
        )
        let channels = ChannelRepository(
            database: database,
            seal: SettingsSeal(seal: { text, _ in text }) { text, _ in text }
        )
        let planner = NotificationPlanner(
            channels: channels,
            links: IncidentLinks(base: nil, installation: "test")
        )
        let editor = RuleEditor(
            servers: ServerRepository(database: database),
            rules: AlertRuleRepository(database: database),
            planner: planner,
            changed: { [broker] in await broker.broadcast($0, on: Topics.ruleEvents) }
        )
        let events = AlertEventRepository(database: database)
        dependencies.rules = RuleServices(editor: editor, events: events, channels: channels)
        configure(&dependencies)
        api = API(dependencies)
        handler = api.router().makeHandler()
    }

    private static func alerting(
        _ database: any Database,
        _ metrics: MetricsRegistry,
        wake: @escaping @Sendable () -> Void
    ) -> AlertingDependencies {
        let incidents = IncidentRepository(database: database)
        let channels = ChannelRepository(
            database: database,
            seal: SettingsSeal(seal: { text, _ in text }) { text, _ in text }
        )
        let planner = NotificationPlanner(channels: channels, links: IncidentLinks(base: nil, installation: "test"))
        return AlertingDependencies(
            incidents: incidents,
            policies: PolicyRepository(database: database),
            silences: SilenceRepository(database: database),
            notifications: NotificationRepository(database: database),
            channels: channels,
            commands: IncidentCommands(
                incidents: incidents,
                planner: planner,
                metrics: AlertingMetrics(metrics),
                wake: { _ in wake() }
            ),
            wake: wake,
            routingChanged: wake
        )
    }

    /// Sends a request and reads the answer.
    func send(
        _ method: Method,
        _ target: String,
        _ body: JSONValue? = nil,
        headers: Headers = [:]
    ) async -> Answer {
        await send(method, target, bytes: body.map { Array($0.description.utf8) } ?? [], headers: headers)
    }

    func send(_ method: Method, _ target: String, bytes: [UInt8], headers: Headers = [:]) async -> Answer {
        guard let port else { return Answer(await handler(Request(method, target, headers: headers, body: bytes))) }
        do {
            return try await Loopback.send(method, target, headers: headers, bytes: bytes, to: port)
        } catch {
            Issue.record(error)
            return Answer(Response(.internalServerError))
        }
    }

    /// Creates a monitor over the API and returns its answer.
    @discardableResult
    func createMonitor(name: String = "Shop", url: String = "http://127.0.0.1:9/") async -> JSONValue {
        await send(.post, "/api/v1/monitors", ["name": .string(name), "url": .string(url)]).json
    }
}

/// An answer, as a client sees it.
struct Answer: Sendable, CustomStringConvertible {
    let status: Int
    let headers: Headers
    let type: String?
    let bytes: [UInt8]

    init(_ response: Response) {
        (status, headers) = (response.status.code, response.headers)
        type = response.contentType.map { "\($0)" } ?? response.headers["Content-Type"]
        if case .bytes(let bytes) = response.body { self.bytes = bytes } else { bytes = [] }
    }

    init(_ response: RawResponse) {
        (status, type, bytes) = (response.status, response.headers["content-type"], response.body)
        headers = response.headers.reduce(into: Headers()) { $0.append($1.key, $1.value) }
    }

    var text: String { String(decoding: bytes, as: UTF8.self) }
    var json: JSONValue { (try? JSONValue(parsing: bytes)) ?? .null }
    var description: String { "\(status) \(text.prefix(600))" }

    /// `type` and `loc` of every error: `missing body.url`.
    var faults: [String] {
        (json["detail"]?.arrayValue ?? []).map { issue in
            let steps = (issue["loc"]?.arrayValue ?? []).map { $0.stringValue ?? $0.description }
            return "\(issue["type"]?.stringValue ?? "") \(steps.joined(separator: "."))"
        }
    }
}

/// A value shared by a test and the tested code.
final class Shared<Value: Sendable>: Sendable {
    private let held: Locked<Value>
    init(_ value: Value) { held = Locked(value) }
    var value: Value { held.withLock { $0 } }
    func change(_ body: (inout Value) -> Void) { held.withLock { body(&$0) } }
}

/// Keeps log records.
final class RecordingLog: LogHandler {
    private let kept = Locked<[LogRecord]>([])
    var records: [LogRecord] { kept.withLock { $0 } }
    func write(_ record: LogRecord) { kept.withLock { $0.append(record) } }
}
