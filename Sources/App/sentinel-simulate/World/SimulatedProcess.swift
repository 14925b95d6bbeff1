import Base
import Pipeline
import Runtime

/// The services of one process from its start to its end.
///
/// Invariant: used by the simulation's only thread.
final class SimulatedProcess: @unchecked Sendable {
    let node: Node
    let metrics: PipelineMetrics
    let startedAt: Int64
    private let services: [any Service]
    /// Kept as long as the process: the loop of a worker.
    private let loop: SteppedLoop?
    private var running: [(shutdown: GracefulShutdown, task: Task<Void, any Error>)] = []
    private(set) var hasStarted = false
    private(set) var hasEnded = false
    /// Something happens to it that is not over yet.
    var isInTrouble = false

    init(_ node: Node, _ metrics: PipelineMetrics, _ services: [any Service], loop: SteppedLoop? = nil) {
        self.node = node
        self.metrics = metrics
        self.services = services
        self.loop = loop
        startedAt = Simulator.shared.elapsed
    }

    /// Starts the services, each when the one before is ready.
    func start() {
        Task {
            for service in services {
                let (shutdown, ready) = (GracefulShutdown(), Readiness())
                let task = Task { try await service.run(until: shutdown, ready: ready) }
                running.append((shutdown, task))
                await ready.wait()
            }
            hasStarted = true
        }
    }

    /// Ends the services in order; kills the process when it takes too long, as its supervisor does.
    func stop(within limit: Duration) async {
        node.noteStopping()
        let clock = SimulatedClock()
        Task {
            for (shutdown, task) in running.reversed() {
                shutdown.trigger()
                _ = try? await task.value
            }
            hasEnded = true
        }
        let deadline = clock.now.advanced(by: limit)
        while !hasEnded, clock.now < deadline { try? await clock.sleep(for: .milliseconds(500)) }
        node.kill()
    }
}

/// Holds a lease while the process runs.
struct SimulatedLeaseService: Service {
    let name: String
    let step: @Sendable () async -> Void
    let keep: @Sendable () async -> Void

    func run(until shutdown: GracefulShutdown, ready: Readiness) async throws {
        await step()
        ready.report()
        let keeping = Task { await keep() }
        await shutdown.wait()
        keeping.cancel()
        await keeping.value
    }
}
