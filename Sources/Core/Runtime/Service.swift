/// A part of the program that runs until it is asked to stop.
package protocol Service: Sendable {
    /// The name in logs; lower case.
    var name: String { get }

    /// Runs the service; returns once `shutdown` was triggered and work under way is finished.
    ///
    /// Returning earlier, or throwing, ends the whole group. When the task is cancelled, it returns at once.
    func run(until shutdown: GracefulShutdown) async throws
}
