/// A part of the program that lasts until it is asked to stop.
package protocol Service: Sendable {
    /// For logs; lower case.
    var name: String { get }

    /// Does the service's work; returns once `shutdown` was triggered and what was begun is finished.
    ///
    /// Returning earlier, or throwing, ends the whole group. Cancellation means: return at once.
    func run(until shutdown: GracefulShutdown) async throws
}
