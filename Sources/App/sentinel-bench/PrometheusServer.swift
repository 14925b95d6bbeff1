import Base
import Foundation

/// Debian's Prometheus on a free port, which scrapes itself under the names of many servers.
final class PrometheusServer {
    let port: Int
    private let process: ChildProcess

    /// Starts it and waits until it has scraped each of that many servers.
    init(in folder: WorkFolder, servers: Int) throws {
        let port = try freePort()
        let configuration = folder.file("prometheus.yml")
        let targets = (0..<servers).map { index in
            "  - {targets: ['127.0.0.1:\(port)'], labels: {instance: '\(Self.instance(index))'}}"
        }
        let head = "global: {scrape_interval: 15s}\nscrape_configs:\n- job_name: bench\n  static_configs:\n"
        try (head + targets.joined(separator: "\n") + "\n")
            .write(toFile: configuration, atomically: true, encoding: .utf8)
        self.port = port
        process = try ChildProcess(
            [
                "prometheus", "--config.file=\(configuration)", "--storage.tsdb.path=\(folder.file("prometheus"))",
                "--web.listen-address=127.0.0.1:\(port)", "--log.level=error",
            ],
            output: folder.file("prometheus.log")
        )
        try waitUntil("Prometheus has scraped \(servers) servers", within: .seconds(60), every: 0.2) {
            guard let connection = try? HTTPConnection(port: port) else { return false }
            let path = "/api/v1/query?query=count(process_resident_memory_bytes)"
            let answer = try JSONValue(parsing: try connection.request("GET", path).body)
            let pair = answer["data"]?["result"]?.arrayValue?.first?["value"]?.arrayValue
            return pair?.last?.stringValue == "\(servers)"
        }
    }

    deinit { process.kill() }

    var url: String { "http://127.0.0.1:\(port)" }

    /// The resources that it has used so far.
    func sample() throws -> ProcessSample { try ProcessSample(of: process.pid) }

    /// The instance label of a server.
    static func instance(_ index: Int) -> String { "server-\(index)" }
}
