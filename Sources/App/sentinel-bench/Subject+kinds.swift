import Base
import Checks
import DNSCheck
import Foundation
import ICMPCheck
import Runtime
import TCPCheck

extension Subject {
    /// CPU of DNS checks over UDP, of pings and of TCP connections, back to back on one loop, against bare sockets.
    func measureKinds(_ options: Options, _ report: inout Report) throws {
        let folder = try WorkFolder()
        let floor = "\(options.tools)/probe-floor"
        let output = folder.file("dns-target.log")
        let target = try ChildProcess([floor, "target", "0"], output: output)
        var port = 0
        try waitUntil("the name server listens") {
            let text = (try? String(contentsOfFile: output, encoding: .utf8)) ?? ""
            port = text.hasSuffix("\n") ? Int(text.trimmingCharacters(in: .newlines)) ?? 0 : 0
            return port > 0
        }
        defer { target.kill() }

        var dns = DNSSettings()
        dns.query = "example.org"
        dns.options.server = "127.0.0.1:\(port)"
        var ping = ICMPSettings()
        ping.host = "127.0.0.1"
        ping.options.count = 1
        let listener = try LoopbackTarget(options, in: folder)
        var tcp = TCPSettings()
        tcp.host = "127.0.0.1"
        tcp.options.port = listener.ports[0]
        // Each TCP connection occupies its local port for a second or more, so there must not be more of them than
        // ports.
        let subjects: [(String, CheckSpec, [String], Int)] = [
            ("dns", CheckSpec(dns), ["dns", "\(port)"], 100_000), ("icmp", CheckSpec(ping), ["icmp"], 100_000),
            ("tcp", CheckSpec(tcp), ["tcp", "\(listener.ports[0])"], 10_000),
        ]
        for (name, spec, arguments, checks) in subjects {
            let bare = try (0..<options.repeats).map { index in
                let output = folder.file("\(name)-\(index).json")
                try ChildProcess([floor] + arguments + ["\(checks)", "\(Self.concurrency)"], output: output)
                    .wait(within: .seconds(60))
                let result = try JSONValue(parsing: Array(Data(contentsOf: URL(fileURLWithPath: output))))
                guard let cost = result["microseconds_per_check"]?.doubleValue else { throw BenchError("no cost") }
                return cost
            }.median
            let ours = try (0..<options.repeats).map { _ in try cost(spec, checks) }.median
            report.add("\(name) with bare sockets: CPU a check", bare, "µs")
            report.add("\(name): CPU a check", ours, "µs")
            report.add("\(name) ÷ bare sockets", ours / bare, "×", .atMost(must: 2.5, aim: 1.7))
        }
    }

    private static let concurrency = 32

    /// Microseconds of CPU a check, of this process.
    private func cost(_ spec: CheckSpec, _ checks: Int) throws -> Double {
        let loop = try EventLoop(name: "bench")
        let done = DispatchSemaphore(value: 0)
        let failures = Locked(0)
        let counter = Counter(failures)
        func run(_ count: Int) {
            loop.execute {
                guard let prober = spec.kind.makeProber(on: loop, ProbeConfiguration()) else { return }
                let rounds = Rounds(prober, spec, count: count, failed: counter) { done.signal() }
                for _ in 0..<Self.concurrency { rounds.next() }
            }
            done.wait()
        }
        // Fills pools and caches.
        run(checks / 10)
        let before = Self.cpuSeconds
        run(checks)
        let after = Self.cpuSeconds
        loop.shutdown()
        guard counter.value == 0 else { throw BenchError("\(counter.value) checks failed") }
        return (after - before) * 1e6 / Double(checks)
    }

    private static var cpuSeconds: Double {
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) / 1e6 }
        return seconds(usage.ru_utime) + seconds(usage.ru_stime)
    }

    /// How many checks failed.
    private final class Counter: Sendable {
        private let count: Locked<Int>
        init(_ count: consuming Locked<Int>) { self.count = count }
        func add() { count.withLock { $0 += 1 } }
        var value: Int { count.withLock { $0 } }
    }

    /// Starts a check whenever one ends; confined to its loop.
    private final class Rounds {
        private let prober: any Prober
        private let spec: CheckSpec
        private let failed: Counter
        private let ended: () -> Void
        private var toStart: Int
        private var toEnd: Int

        init(_ prober: any Prober, _ spec: CheckSpec, count: Int, failed: Counter, ended: @escaping () -> Void) {
            self.prober = prober
            self.spec = spec
            self.failed = failed
            self.ended = ended
            toStart = count
            toEnd = count
        }

        func next() {
            guard toStart > 0 else { return }
            toStart -= 1
            prober.probe(spec, monitor: nil) { [self] outcome in
                if !outcome.isSuccess { failed.add() }
                toEnd -= 1
                if toEnd == 0 { ended() } else { next() }
            }
        }
    }
}
