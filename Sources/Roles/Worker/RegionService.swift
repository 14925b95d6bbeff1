import Base
package import Broker
package import Domain
import Messages
package import Runtime

/// Says every few seconds that this process serves a region, and at its end that it does not any more.
package struct RegionService<C: Clock>: Service where C.Duration == Duration {
    package let name = "region"
    private let broker: any Broker
    private let region: RegionName
    private let clock: C
    private let process = UUID().description

    package init(_ region: RegionName, broker: any Broker, clock: C = ContinuousClock()) {
        (self.region, self.broker, self.clock) = (region, broker, clock)
    }

    /// Runs until `shutdown`.
    package func run(until shutdown: GracefulShutdown, ready: Readiness) async {
        ready.report()
        let beating = Task {
            while !Task.isCancelled {
                await broker.broadcast(RegionBeat(region: region, process: process), on: Topics.regionBeats)
                try? await clock.sleep(for: RegionPresence.interval)
            }
        }
        await shutdown.wait()
        beating.cancel()
        await beating.value
        await broker.broadcast(RegionBeat(region: region, process: process, isLast: true), on: Topics.regionBeats)
    }
}
