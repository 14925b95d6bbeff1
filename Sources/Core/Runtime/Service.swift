/// A part of the program that runs until it is asked to stop.
package protocol Service: Sendable {
    /// The name in logs; lower case.
    var name: String { get }

    /// Runs the service; returns once `shutdown` was triggered and work under way is finished.
    ///
    /// Reports `ready` when it has subscribed to all that it consumes; the next service is not started before.
    /// Returning earlier than asked, or throwing, ends the whole group. When the task is cancelled, it returns at once.
    func run(until shutdown: GracefulShutdown, ready: Readiness) async throws
}

extension Service {
    /// Runs a service whose readiness nobody waits for.
    ///
    /// Throws as `run(until:ready:)` does.
    package func run(until shutdown: GracefulShutdown) async throws {
        try await run(until: shutdown, ready: Readiness())
    }
}
