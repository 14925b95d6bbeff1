import Base
import Foundation

/// `sentinel serve` on an embedded store in a folder, with its API.
final class SentinelServer {
    /// The process and its metrics at one point in time.
    struct Sample {
        let process: ProcessSample
        let metrics: Exposition

        /// The number of checks whose results were stored.
        var checks: Double { metrics.sum("sentinel_checks_total") }
        /// Seconds from the due time to the start, over all checks.
        var lateness: Distribution { metrics.histogram("sentinel_check_lateness_seconds") }
        /// The worst of them, in seconds.
        var maximumLateness: Double { metrics.sum("sentinel_check_lateness_max_seconds") }
    }

    let port: Int
    let database: String
    /// When the process was started.
    let started: MonotonicTime
    private let process: ChildProcess
    let api: APIClient

    /// Starts it and waits until `/health` is good; an existing database is used.
    init(_ options: Options, in folder: WorkFolder, environment: [String: String] = [:]) throws {
        let port = try freePort()
        let log = folder.file("sentinel.log")
        self.port = port
        database = folder.file("sentinel.db")
        started = .now
        process = try ChildProcess(
            [options.sentinel, "serve"],
            environment: [
                "API_HOST": "127.0.0.1", "API_PORT": "\(port)", "DATABASE_URL": "sqlite://\(database)",
                "LOG_LEVEL": "warning",
            ].merging(environment) { $1 },
            output: log
        )
        var connection: HTTPConnection?
        do {
            try waitUntil("\(options.sentinel) serve is healthy") {
                guard let candidate = try? HTTPConnection(port: port) else { return false }
                connection = candidate
                return try candidate.request("GET", "/health").status == 200
            }
        } catch {
            let text = (try? String(contentsOfFile: log, encoding: .utf8)) ?? ""
            throw BenchError("\(error); its log: \(text.suffix(2000))")
        }
        guard let connection else { throw BenchError("no connection") }
        api = APIClient(port: port, connection)
    }

    /// Samples the process and its metrics over a new connection: a kept one is closed when idle for long.
    func sample() throws -> Sample {
        let response = try HTTPConnection(port: port).request("GET", "/metrics")
        guard response.status == 200 else { throw BenchError("/metrics was answered with \(response.status)") }
        let metrics = Exposition(String(decoding: response.body, as: UTF8.self))
        return Sample(process: try ProcessSample(of: process.pid), metrics: metrics)
    }

    /// Asks it to end gracefully and waits for the end.
    func stop(within limit: Duration = .seconds(20)) throws { try process.stop(within: limit) }
}
