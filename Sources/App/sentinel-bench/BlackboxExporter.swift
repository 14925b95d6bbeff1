import Base
import Foundation

/// Debian's prometheus-blackbox-exporter on a free port.
final class BlackboxExporter {
    private static let connections = 16
    private let process: ChildProcess
    private let port: Int

    /// Starts it with one module, `http_2xx`, that uses IPv4, and waits until it answers.
    init(in folder: WorkFolder) throws {
        let port = try freePort()
        let configuration = folder.file("blackbox.yml")
        try "modules:\n  http_2xx:\n    prober: http\n    http: {preferred_ip_protocol: ip4}\n"
            .write(toFile: configuration, atomically: true, encoding: .utf8)
        self.port = port
        process = try ChildProcess(
            [
                "prometheus-blackbox-exporter", "--config.file=\(configuration)",
                "--web.listen-address=127.0.0.1:\(port)", "--log.level=error",
            ],
            output: folder.file("blackbox.log")
        )
        try waitUntil("blackbox_exporter listens") { (try? HTTPConnection(port: port)) != nil }
    }

    deinit { process.kill() }

    /// Microseconds of CPU per probe of the URL, requested over kept connections at that rate.
    func cost(of url: String, rate: Int, seconds: Int) throws -> Double {
        let path = "/probe?module=http_2xx&target=\(url)"
        try probe(path, rate: rate, count: rate)  // opens connections, grows the heap
        let before = try ProcessSample(of: process.pid)
        try probe(path, rate: rate, count: rate * seconds)
        let after = try ProcessSample(of: process.pid)
        return (after.cpuSeconds - before.cpuSeconds) * 1e6 / Double(rate * seconds)
    }

    /// Requests `count` probes, each at its instant; throws when one is late by a second or fails.
    private func probe(_ path: String, rate: Int, count: Int) throws {
        let failures = Failures()
        let start = MonotonicTime.now + .milliseconds(20)
        let port = port
        let group = DispatchGroup()
        for index in 0..<Self.connections {
            group.enter()
            // Not a dispatch queue: these threads sleep most of the time, and there are more of them than cores.
            Thread.detachNewThread {
                defer { group.leave() }
                do {
                    let dues = stride(from: index, to: count, by: Self.connections).lazy.map { number in
                        start + .seconds(1) * number / rate
                    }
                    try Self.probe(path, at: Array(dues), port: port)
                } catch {
                    failures.texts.withLock { $0.append("\(error)") }
                }
            }
        }
        group.wait()
        if let failure = failures.texts.withLock({ $0.first }) { throw BenchError("blackbox_exporter: \(failure)") }
    }

    /// Requests a probe at each of the instants over one connection.
    private static func probe(_ path: String, at dues: [MonotonicTime], port: Int) throws {
        let connection = try HTTPConnection(port: port)
        for due in dues {
            Thread.sleep(forTimeInterval: max(0, (due - .now) / .seconds(1)))
            guard MonotonicTime.now - due < .seconds(1) else { throw BenchError("cannot keep up") }
            let response = try connection.request("GET", path)
            guard Exposition(String(decoding: response.body, as: UTF8.self)).sum("probe_success") == 1 else {
                throw BenchError("a probe failed: \(response.status)")
            }
        }
    }

    /// The errors of the threads.
    private final class Failures: Sendable {
        let texts = Locked<[String]>([])
    }
}
