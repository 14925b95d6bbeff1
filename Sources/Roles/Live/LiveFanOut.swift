package import Base
package import Broker
package import Runtime

/// Passes live events from an alerter to the processes that serve readers.
///
/// Results are only sent while some process says that they are read: encoding each would cost a good part of a check.
/// Best effort: when the broker is slow the oldest batches are dropped, and readers see a gap.
package final class LiveFanOut: Service {
    package let name = "live fan-out"
    private let broker: any Broker
    private let now: @Sendable () -> MonotonicTime
    private let (batches, sink) = AsyncStream.makeStream(of: LiveBatch.self, bufferingPolicy: .bufferingNewest(256))
    private let wantedUntil = Locked(MonotonicTime(nanoseconds: .min))
    /// How long a sign of interest lasts.
    static var patience: Duration { .seconds(5) }

    package init(_ broker: any Broker, now: @escaping @Sendable () -> MonotonicTime = { .now }) {
        (self.broker, self.now) = (broker, now)
    }

    /// Passes a batch on; returns at once, from any thread.
    package func publish(_ batch: LiveBatch) {
        var batch = batch
        if !wantedUntil.withLock({ now() < $0 }) { batch.results = [] }
        if !batch.isEmpty { sink.yield(batch) }
    }

    package func run(until shutdown: GracefulShutdown, ready: Readiness) async throws {
        let interest = await broker.listen(LiveBroadcasts.interest)
        ready.report()
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                for await _ in interest { self.wantedUntil.withLock { $0 = self.now() + Self.patience } }
            }
            group.addTask {
                for await batch in self.batches { await self.broker.broadcast(batch, on: LiveBroadcasts.events) }
            }
            await shutdown.wait()
            group.cancelAll()
        }
    }
}

/// Receives live events from alerters for the readers of this process.
package struct LiveRelay<C: Clock>: Service where C.Duration == Duration {
    package let name = "live relay"
    private let hub: LiveHub
    private let broker: any Broker
    private let clock: C

    package init(_ hub: LiveHub, _ broker: any Broker, clock: C = ContinuousClock()) {
        (self.hub, self.broker, self.clock) = (hub, broker, clock)
    }

    package func run(until shutdown: GracefulShutdown, ready: Readiness) async throws {
        let events = await broker.listen(LiveBroadcasts.events)
        ready.report()
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                for await case .message(let batch) in events { hub.publish(batch) }
            }
            group.addTask {
                while !Task.isCancelled {
                    if hub.keepsResults { await broker.broadcast(LiveInterest(), on: LiveBroadcasts.interest) }
                    try? await clock.sleep(for: .seconds(1))
                }
            }
            await shutdown.wait()
            group.cancelAll()
        }
    }
}
