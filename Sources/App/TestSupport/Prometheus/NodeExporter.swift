import Base
import Glibc
package import Runtime
import Testing

/// Debian's node exporter for this machine, on a loopback port.
package final class NodeExporter: Sendable {
    /// Where it listens.
    package let port: UInt16
    private let process = Locked<RunningProcess?>(nil)

    /// Starts it and waits until it answers.
    package init() async throws(Errno) {
        port = TestSocket.freePort()
        try await start()
    }

    /// Starts it again on the same port.
    package func start() async throws(Errno) {
        let started = try RunningProcess(
            path: "/usr/bin/prometheus-node-exporter",
            arguments: ["--web.listen-address=127.0.0.1:\(port)"]
        )
        process.withLock { $0 = started }
        let port = port
        await eventually { (try? RawClient(port: port)) != nil }
    }

    /// Kills it.
    package func stop() { process.withLock { $0 = nil } }

    /// `127.0.0.1:PORT`, which is its instance label.
    package var authority: String { "127.0.0.1:\(port)" }
}
