import Base
import Foundation
import Glibc
package import Runtime
import Testing

/// Debian's Prometheus on a loopback port, scraping once a second; removed with its data when released.
package final class PrometheusServer: Sendable {
    /// Where it listens.
    package let port: UInt16
    private let process = Locked<RunningProcess?>(nil)
    private let folder = "/tmp/sentinel-test-" + Base.UUID().description

    /// Starts it and waits until it answers; it scrapes itself as job `prometheus`, and others by job and authority.
    package init(scraping targets: [(job: String, authority: String)] = []) async throws(Errno) {
        guard mkdir(folder, 0o700) == 0 else { throw Errno("mkdir") }
        port = TestSocket.freePort()
        var lines = ["global: {scrape_interval: 1s, scrape_timeout: 1s}", "scrape_configs:"]
        for (job, authority) in targets + [("prometheus", "127.0.0.1:\(port)")] {
            lines.append("- {job_name: '\(job)', static_configs: [{targets: ['\(authority)']}]}")
        }
        DatabaseFile.write(Array((lines.joined(separator: "\n") + "\n").utf8), to: folder + "/prometheus.yml")
        try await start()
    }

    /// Starts it again on the same port with the same data.
    package func start() async throws(Errno) {
        let started = try RunningProcess(
            path: "/usr/bin/prometheus",
            arguments: [
                "--config.file=\(folder)/prometheus.yml", "--storage.tsdb.path=\(folder)/data",
                "--web.listen-address=127.0.0.1:\(port)", "--log.level=warn",
            ]
        )
        process.withLock { $0 = started }
        let port = port
        await eventually {
            let status = try? await onThread { try RawClient(port: port).request("GET", "/-/ready").status }
            return status == 200
        }
    }

    deinit {
        process.withLock { $0 = nil }
        try? FileManager.default.removeItem(atPath: folder)
    }

    /// Kills it.
    package func stop() { process.withLock { $0 = nil } }

    /// The text that it wrote to standard error.
    package var log: String { process.withLock { $0?.standardError ?? "" } }

    /// `http://127.0.0.1:PORT`.
    package var url: String { "http://127.0.0.1:\(port)" }
}
