package import Runtime

/// Closes the hub when the program stops, and waits until readers got the reason.
///
/// Must be started after the HTTP server, so that it is stopped before.
package struct LiveService: Service {
    package let name = "live"
    private let hub: LiveHub
    private let grace: Duration

    package init(_ hub: LiveHub, grace: Duration = .seconds(1)) { (self.hub, self.grace) = (hub, grace) }

    package func run(until shutdown: GracefulShutdown, ready: Readiness) async throws {
        ready.report()
        await shutdown.wait()
        hub.close()
        let deadline = ContinuousClock.now + grace
        while hub.readerCount > 0, ContinuousClock.now < deadline, !Task.isCancelled {
            try? await Task.sleep(for: .milliseconds(10))
        }
    }
}
