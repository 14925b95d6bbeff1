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

    /// Runs the whole system until `shutdown` is triggered.
    static func serve(_ settings: Settings, logger: Logger, until shutdown: GracefulShutdown) async throws {
        let started = MonotonicTime.now
        let descriptors = DescriptorLimit.raise()
        guard descriptors >= leastDescriptors else { throw CompositionError.tooFewDescriptors(descriptors) }
        let store = try await OpenedStore.open(settings.database, .alone) { file in
            logger.notice("removed the permissions of other users from a file", ["file": file])
        }
        try await store.migrate()
        let health = Health()
        let registry = MetricsRegistry()
        let system = try await ProcessSystem(
            RoleDependencies(
                settings: settings,
                roles: Set(Role.allCases),
                broker: InProcessBroker(metrics: registry),
                tasks: MemoryTaskStore(),
                store: try RoleStore(store.database, results: store.results, settings),
                registry: registry,
                metrics: PipelineMetrics(registry),
                health: health,
                descriptors: descriptors,
                logger: logger,
                isShared: false
            )
        )
        let port: UInt16
        do throws(HTTPServerError) {
            port = try system.server.bind(host: settings.apiHost, port: UInt16(settings.apiPort))
        } catch {
            await store.close()
            throw error
        }
        let host = settings.apiHost.contains(":") ? "[\(settings.apiHost)]" : settings.apiHost
        logger.notice(
            "ready",
            ["url": "http://\(host):\(port)", "version": version, "after": (MonotonicTime.now - started).text]
        )
        let services = store.services(health: health, logger: logger.labelled("store")) + system.services
        let group = ServiceGroup(services, deadline: settings.shutdownTimeout, logger: logger)
        let outcome = await group.run(until: shutdown)
        await store.close()
        logger.notice("stopped")
        if case .failed(let name, let error) = outcome {
            throw CompositionError.serviceFailed(name: name, error: error)
        }
    }
}
