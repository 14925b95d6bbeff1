import Lease
import Runtime

/// Keeps a lease for as long as the process runs.
struct LeaseService: Service {
    let name: String
    private let keeper: LeaseKeeper<ContinuousClock>

    init(_ name: String, _ keeper: LeaseKeeper<ContinuousClock>) {
        self.name = "lease of the \(name)"
        self.keeper = keeper
    }

    func run(until shutdown: GracefulShutdown, ready: Readiness) async throws {
        // A process that starts alone leads from its first piece of work on.
        await keeper.step()
        ready.report()
        let keeping = Task { await keeper.run() }
        await shutdown.wait()
        keeping.cancel()
        await keeping.value
    }
}
