package import Runtime

/// A bound server as a service: stops gracefully when asked.
package struct HTTPService: Service {
    package let name: String
    private let server: HTTPServer
    private let grace: Duration

    /// `grace` bounds how long requests in flight may take to finish.
    package init(_ server: HTTPServer, name: String = "http", grace: Duration) {
        (self.server, self.name, self.grace) = (server, name, grace)
    }

    /// Waits for the end, then lets requests in flight finish.
    ///
    /// Throws nothing: `HTTPServer.shutdown` cuts what does not end in time.
    package func run(until shutdown: GracefulShutdown) async throws {
        await shutdown.wait()
        await server.shutdown(grace: grace)
    }
}
