import API
import Base
import Broker
import HTTPServer
import Live
import Runtime
import SQL
import Worker

/// The roles of one process, wired together: all of them for `sentinel serve`, one for each of the role commands.
struct ProcessSystem: Sendable {
    let server: HTTPServer
    /// In starting order, consumers before producers; stopped in reverse.
    let services: [any Service]

    /// Throws when a part cannot be created; the error says which.
    init(_ given: RoleDependencies) async throws {
        let settings = given.settings
        let live = LiveHub(region: settings.region)
        let fanOut = given.isShared ? LiveFanOut(given.broker) : nil
        var services: [any Service] = []
        var producers: [any Service] = []
        var readers: [any Service] = []
        var handler: Handler?
        if let store = given.store {
            store.database.rowFaults.report(to: given.health, given.registry, given.logger.labelled("store"))
            try await store.sealCredentials()
            if given.roles.contains(.processor) { services += ProcessorRole.services(given, store) }
            if !given.roles.isDisjoint(with: [.api, .alerter]) {
                let alerting = try await AlertingServices(given, store) { batch in
                    if let fanOut { fanOut.publish(batch) } else { live.publish(batch) }
                }
                let rules = try RuleSystem(given, store)
                if let fanOut { services.append(fanOut) }
                if given.roles.contains(.alerter) {
                    let alerter = try AlerterRole.services(given, store, alerting, rules)
                    services += alerter.services
                    SystemMetrics.register(alerter.counts, in: given.registry)
                }
                if given.roles.contains(.api) {
                    live.register(in: given.registry)
                    let api = APIRole.build(given, store, alerting, rules, live)
                    handler = api.handler
                    if given.isShared { services.append(LiveRelay(live, given.broker)) }
                    producers += api.services
                    readers = api.readers
                }
            }
            if given.roles.contains(.scheduler) { producers = SchedulerRole.services(given, store) + producers }
        }
        let loop = try EventLoop(name: "api")
        var workers: WorkerPool?
        if given.roles.contains(.worker) {
            WorkerRole.preload(given, on: loop)
            let pool = try WorkerRole.pool(given)
            services += [pool, try WorkerRole.region(given)]
            workers = pool
        }
        SystemMetrics.register(given.registry, startedAt: .now)

        server = Self.server(handler ?? Self.status(given), loop, given.descriptors)
        let http = HTTPService(server, name: "api", grace: .seconds(5))
        let entries = FleetEntries.services(given, workers: workers)
        let mark = ReadinessMark(health: given.health, logger: given.logger)
        if given.roles.contains(.api) {
            // Without its broker it answers from the database all the same.
            self.services = given.shared.watches + entries + services + producers + [http] + readers + [mark]
        } else {
            // Whoever asks such a process what it waits for, or why it does not end, gets an answer.
            self.services = [http] + entries + given.shared.watches + services + producers + [mark]
        }
    }

    private static func server(_ handler: @escaping Handler, _ loop: EventLoop, _ descriptors: Int) -> HTTPServer {
        var limits = Limits()
        limits.connections = min(limits.connections, max(16, descriptors / 4))
        // Clients send only a line of JSON over a WebSocket.
        limits.webSocketMessageBytes = 32 * 1024
        limits.webSocketBufferBytes = 32 * 1024
        return HTTPServer(loops: [loop], limits: limits, handler: handler)
    }

    /// Health, readiness and metrics of a process without the API.
    private static func status(_ given: RoleDependencies) -> Handler {
        let settings = given.settings
        var dependencies = StatusDependencies(
            health: given.health,
            metrics: given.registry,
            logger: given.logger.labelled("api")
        )
        dependencies.environment = settings.environment.rawValue
        dependencies.servesMetrics = settings.servesMetrics
        dependencies.access = AccessPolicy(allowedHosts: settings.allowedHosts, trustedOrigins: settings.trustedOrigins)
        return StatusAPI(dependencies).router().makeHandler()
    }
}

/// Says that the process is ready while all services run; started last, and so stopped first.
struct ReadinessMark: Service {
    let name = "readiness"
    let health: Health
    let logger: Logger

    func run(until shutdown: GracefulShutdown, ready: Readiness) async throws {
        health.isReady = true
        logger.notice("ready")
        ready.report()
        await shutdown.wait()
        health.isReady = false
    }
}
