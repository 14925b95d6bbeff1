import API
import Base
import Broker
import Domain
import HTTPClient
import HTTPServer
import Pipeline
import Runtime
import Scheduling
import Storage

/// The only place that names adapters and wires them.
enum Composition {
    /// Why the system cannot be assembled.
    enum CompositionError: Error, CustomStringConvertible {
        case tooFewDescriptors(Int)
        case serviceFailed(name: String, error: String?)

        var description: String {
            switch self {
            case .tooFewDescriptors(let limit):
                "this process may open \(limit) files, and needs \(Composition.leastDescriptors) at least: "
                    + "raise its limit (LimitNOFILE, ulimit -n)"
            case .serviceFailed(let name, let error): "\(name) ended: \(error ?? "without a reason")"
            }
        }
    }

    /// Below this the program's own files, connections and checks would leave none for the system's threads.
    static let leastDescriptors = 128

    /// How long cancelled services, and after them the connections, may take to end after `shutdownTimeout`.
    static let grace = Duration.seconds(5)

    /// Runs the whole system until `shutdown` is triggered; `unfinished` when something did not end then.
    ///
    /// Throws when it cannot start, and when a service ends by itself.
    static func serve(
        _ settings: Settings,
        logger: Logger,
        until shutdown: GracefulShutdown
    ) async throws -> ExitCode {
        let registry = MetricsRegistry()
        return try await run(Set(Role.allCases), settings, registry, logger, shutdown) { _ in .inProcess(registry) }
    }

    /// Runs one role of a cluster until `shutdown` is triggered, as `serve` does.
    ///
    /// Throws as `serve` does.
    static func run(
        _ role: Role,
        _ settings: Settings,
        logger: Logger,
        until shutdown: GracefulShutdown
    ) async throws -> ExitCode {
        let registry = MetricsRegistry()
        return try await run([role], settings, registry, logger, shutdown, isShared: true) {
            try OpenedBroker.open(settings, for: role, registry: registry, health: $0, logger: logger)
        }
    }

    private static func run(
        _ roles: Set<Role>,
        _ settings: Settings,
        _ registry: MetricsRegistry,
        _ logger: Logger,
        _ shutdown: GracefulShutdown,
        isShared: Bool = false,
        connect: (Health) throws -> OpenedBroker
    ) async throws -> ExitCode {
        let started = MonotonicTime.now
        let descriptors = DescriptorLimit.raise()
        guard descriptors >= leastDescriptors else { throw CompositionError.tooFewDescriptors(descriptors) }
        let health = Health()
        // An API without its broker still answers from the database.
        health.needs = roles == [.api] ? ["database"] : ["database", "redis", "kafka"]
        let opened = try connect(health)
        let store: OpenedStore?
        do { store = try await open(settings, roles, isShared ? .shared : .alone, logger) } catch {
            _ = await close(opened, nil, logger, shutdown)
            throw error
        }
        let system: ProcessSystem
        let port: UInt16
        do {
            system = try await ProcessSystem(
                RoleDependencies(
                    settings: settings,
                    roles: roles,
                    broker: opened.broker,
                    tasks: opened.tasks,
                    shared: opened.shared,
                    store: try store.map { try RoleStore($0.database, results: $0.results, settings) },
                    registry: registry,
                    metrics: PipelineMetrics(registry),
                    health: health,
                    descriptors: descriptors,
                    logger: logger,
                    isShared: isShared,
                    shutdown: shutdown
                )
            )
            port = try system.server.bind(host: settings.apiHost, port: UInt16(settings.apiPort))
        } catch {
            _ = await close(opened, store, logger, shutdown)
            throw error
        }
        let host = settings.apiHost.contains(":") ? "[\(settings.apiHost)]" : settings.apiHost
        logger.notice(
            "listening",
            ["url": "http://\(host):\(port)", "version": version, "after": (MonotonicTime.now - started).text]
        )
        let services = (store?.services(health: health, logger: logger.labelled("store")) ?? []) + system.services
        let group = ServiceGroup(services, deadline: settings.shutdownTimeout, grace: grace, logger: logger)
        let outcome = await group.run(until: shutdown)
        let isClosed = await close(opened, store, logger, shutdown)
        logger.notice("stopped")
        switch outcome {
        case .failed(let name, let error): throw CompositionError.serviceFailed(name: name, error: error)
        case .abandoned: return .unfinished
        case .stopped, .cancelled: return isClosed ? .success : .unfinished
        }
    }

    /// Closes all connections; false when one does not close in time, which is logged.
    private static func close(
        _ opened: OpenedBroker,
        _ store: OpenedStore?,
        _ logger: Logger,
        _ shutdown: GracefulShutdown
    ) async -> Bool {
        shutdown.note("connections are being closed")
        var closings = opened.closings
        if let store { closings.append(Closing("the database") { await store.close() }) }
        let open = await Closing.close(closings, within: grace)
        if !open.isEmpty { logger.error("connections did not close", ["connections": open.joined(separator: ",")]) }
        return open.isEmpty
    }

    /// The store, with its schema up to date; nil for roles that need none.
    private static func open(
        _ settings: Settings,
        _ roles: Set<Role>,
        _ access: OpenedStore.Access,
        _ logger: Logger
    ) async throws -> OpenedStore? {
        guard roles.contains(where: \.usesDatabase) else { return nil }
        let store = try await OpenedStore.open(settings.database, access) { file in
            logger.notice("removed the permissions of other users from a file", ["file": file])
        }
        try await store.migrate()
        return store
    }
}
