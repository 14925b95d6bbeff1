import Base
package import Broker
package import Domain
import Messages
package import Runtime

/// Says every few seconds that this process serves a region and whether it reaches the network, and at its end that it
/// serves the region no more.
package struct RegionService<C: Clock>: Service where C.Duration == Duration {
    /// Reports after each round how many canaries there are and how many are lost, until the task is cancelled.
    package typealias Canaries = @Sendable (_ report: @Sendable (_ count: Int, _ lost: Int) async -> Void) async -> Void

    package let name = "region"
    private let broker: any Broker
    private let region: RegionName
    private let clock: C
    private let canaries: Canaries?
    private let process = UUID().description

    package init(_ region: RegionName, broker: any Broker, clock: C = ContinuousClock(), canaries: Canaries? = nil) {
        (self.region, self.broker, self.clock, self.canaries) = (region, broker, clock, canaries)
    }

    /// Runs until `shutdown`.
    package func run(until shutdown: GracefulShutdown, ready: Readiness) async {
        ready.report()
        let last = Word()
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                while !Task.isCancelled {
                    await beat(last.isOnline.withLock { $0 })
                    try? await clock.sleep(for: RegionPresence.interval)
                }
            }
            if let canaries {
                group.addTask {
                    await canaries { count, lost in
                        let seen = lost < count
                        let isNews = last.isOnline.withLock { known in
                            defer { known = seen }
                            return known != seen
                        }
                        // News does not wait for the next beat.
                        if isNews { await beat(seen) }
                    }
                }
            }
            await shutdown.wait()
            group.cancelAll()
        }
        await broker.broadcast(RegionBeat(region: region, process: process, isLast: true), on: Topics.regionBeats)
    }

    private func beat(_ isOnline: Bool?) async {
        await broker.broadcast(
            RegionBeat(region: region, process: process, isOnline: isOnline),
            on: Topics.regionBeats
        )
    }
}

/// Whether any canary was reached in the last round; nil before the first.
private final class Word: Sendable {
    let isOnline = Locked<Bool?>(nil)
}
