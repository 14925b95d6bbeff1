import Base

/// The monotonic clock of a simulated process: it goes on while the process is suspended, which then wakes late.
struct SimulatedClock: Clock {
    struct Instant: InstantProtocol {
        /// Nanoseconds since the beginning of the simulation.
        var nanoseconds: Int64

        func advanced(by duration: Duration) -> Self { Self(nanoseconds: nanoseconds + duration.wholeNanoseconds) }
        func duration(to other: Self) -> Duration { .nanoseconds(other.nanoseconds - nanoseconds) }
        static func < (left: Self, right: Self) -> Bool { left.nanoseconds < right.nanoseconds }
    }

    /// The process that sleeps by this clock; nil for what is outside of all processes.
    var node: Node?

    var now: Instant { Instant(nanoseconds: Simulator.shared.elapsed) }
    var minimumResolution: Duration { .nanoseconds(1) }

    /// Waits until that time, and until the process runs.
    ///
    /// Throws `CancellationError` when the task is cancelled.
    func sleep(until deadline: Instant, tolerance: Duration?) async throws {
        let sleeper = Sleeper()
        await withTaskCancellationHandler {
            await withUnsafeContinuation { sleeper.begin($0, until: deadline.nanoseconds) }
        } onCancel: {
            sleeper.wake()
        }
        await node?.pass()
        if Task.isCancelled { throw CancellationError() }
    }
}

/// A task that sleeps.
///
/// Invariant: used by the simulation's only thread.
private final class Sleeper: @unchecked Sendable {
    private var continuation: UnsafeContinuation<Void, Never>?
    private var isAwake = false

    func begin(_ continuation: UnsafeContinuation<Void, Never>, until time: Int64) {
        if isAwake { return continuation.resume() }
        self.continuation = continuation
        Simulator.shared.at(time) { self.wake() }
    }

    func wake() {
        isAwake = true
        continuation.take()?.resume()
    }
}
