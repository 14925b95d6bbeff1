package import Runtime

/// A bound server as a service: stops gracefully when asked.
package struct HTTPService: Service {
    package let name: String
    private let server: HTTPServer
    private let grace: Duration

    /// `grace` limits how long running requests may take to finish.
    package init(_ server: HTTPServer, name: String = "http", grace: Duration) {
        (self.server, self.name, self.grace) = (server, name, grace)
    }

    /// Serves until the shutdown, then lets running requests finish.
    ///
    /// Throws nothing: `HTTPServer.shutdown` cuts requests that do not finish in time.
    package func run(until shutdown: GracefulShutdown, ready: Readiness) async throws {
        ready.report()
        await shutdown.wait()
        await server.shutdown(grace: grace)
    }
}
