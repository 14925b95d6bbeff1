import Broker
import Pipeline
import Runtime

/// Lets the API know which regions are served.
struct RegionListening: Service {
    let name = "regions"
    let listener: RegionListener
    let broker: any Broker

    func run(until shutdown: GracefulShutdown, ready: Readiness) async throws {
        let listening = Task { await listener.listen(to: broker) }
        ready.report()
        await shutdown.wait()
        listening.cancel()
        await listening.value
    }
}
