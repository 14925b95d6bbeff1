import Base
import Glibc
import Runtime
import TestSupport
import Testing

/// `sentinel serve` with Debian's Prometheus and node exporter, which are stopped and started.
@Suite(.timeLimit(.minutes(10))) struct RealRuleTests {
    struct NotReady: Error {}

    /// A server and requests to it.
    final class Session: Sendable {
        private let process: RunningProcess
        private let folder: CLIFolder
        let port: UInt16

        init(_ environment: [String: String]) async throws {
            folder = try CLIFolder()
            let words = ["serve", "--port", "0", "--log-format", "json", "--allowed-hosts", "test"]
            process = try SentinelBinary.start(words, environment: environment, folder: folder.path)
            let process = process
            let port = Locked<UInt16?>(nil)
            await eventually {
                let ready = process.standardError.split(separator: "\n").lazy
                    .compactMap { try? JSONValue(parsing: String($0)) }.first { $0["message"] == "listening" }
                let digits = ready?["url"]?.stringValue?.split(separator: ":").last
                port.withLock { $0 = digits.flatMap { UInt16($0) } }
                return port.withLock { $0 } != nil
            }
            guard let found = port.withLock({ $0 }) else { throw NotReady() }
            self.port = found
        }

        func send(_ method: String, _ path: String, _ body: JSONValue? = nil) async throws -> JSONValue {
            let (port, text) = (port, body?.description)
            let response = try await onThread {
                try RawClient(port: port).request(method, path, headers: ["Connection: close"], body: text)
            }
            return (try? JSONValue(parsing: response.body)) ?? .null
        }

        /// Asks it to stop.
        func terminate() { process.send(signal: SIGTERM) }

        func statuses() async throws -> [String] {
            try await send("GET", "/api/v1/alerts/events/").arrayValue?.compactMap { $0["status"]?.stringValue } ?? []
        }
    }

    @Test func rulesFollowWhatPrometheusSees() async throws {
        let exporter = try await NodeExporter()
        let prometheus = try await PrometheusServer(scraping: [("node", exporter.authority)])
        let session = try await Session(["PROMETHEUS_URL": prometheus.url, "ALERT_CHECK_INTERVAL_SECONDS": "10"])
        let server: JSONValue = ["name": "here", "job_name": "node", "instance": .string(exporter.authority)]
        #expect(try await session.send("POST", "/api/v1/servers/", server)["id"] == 1)
        let figures = "/api/v1/metrics/servers/1/summary"
        await eventually { (try? await session.send("GET", figures))?["metrics"]?["memory_usage_percent"] != nil }
        let memory = try await session.send("GET", figures)["metrics"]?["memory_usage_percent"]?.doubleValue
        #expect(memory.map { $0 > 0 && $0 < 100 } == true)

        let rules = "/api/v1/alerts/rules/"
        func rule(_ query: String) -> JSONValue {
            [
                "name": "Exporter is down", "server_id": 1, "metric_name": "up", "promql": .string(query),
                "threshold": 1, "comparison": "<",
            ]
        }
        let refused = try await session.send("POST", rules, rule("up{job=\"node\"} foo"))
        #expect(refused["status"] == 422 && "\(refused)".contains("parse error"), "\(refused)")
        #expect(try await session.send("POST", rules, rule("up{job=\"node\"}"))["id"] == 1)
        func state() async -> String? {
            (try? await session.send("GET", rules + "1"))?["health"]?["state"]?.stringValue
        }
        await eventually { await state() == "ok" }
        #expect(await state() == "ok")
        #expect(try await session.send("GET", "/api/v1/alerts/events/") == [])

        try await thePastIsAsked(session, rule(#"100 - up{job="node"}"#))
        exporter.stop()
        await eventually { (try? await session.statuses()) == ["triggered"] }
        #expect(try await session.statuses() == ["triggered"])
        prometheus.stop()
        await eventually { await state() == "unreachable" }
        #expect(await state() == "unreachable")
        #expect(try await session.statuses() == ["triggered"], "nothing is resolved by silence")
        #expect(try await session.send("GET", rules + "1")["firing"]?.arrayValue?.count == 1)
        let silent = try await session.send("GET", figures)
        #expect(silent["status"] == 502, "\(silent)")

        try await exporter.start()
        try await prometheus.start()
        await eventually { (try? await session.statuses()) == ["resolved", "triggered"] }
        #expect(try await session.statuses() == ["resolved", "triggered"])
        #expect(try await session.send("GET", "/api/v1/alerts/events/2")["value"] == 1)
    }

    /// A preview finds the samples since Prometheus was started, and no alert before.
    private func thePastIsAsked(_ session: Session, _ rule: JSONValue) async throws {
        let path = "/api/v1/alerts/rules/preview"
        guard case .object(var calm) = rule else { return }
        let from = JSONValue.string("\(Timestamp.now - .seconds(3600))")
        let quiet = try await session.send("POST", path, ["rule": .object(calm), "from": from])
        #expect(quiet["step_seconds"] == 10 && quiet["totals"]?["series"] == 1, "\(quiet)")
        #expect(quiet["totals"]?["alerts"] == 0 && quiet["series"] == [])
        (calm["comparison"], calm["threshold"]) = (">", 98)
        let loud = try await session.send("POST", path, ["rule": .object(calm), "from": from])
        let alerts = loud["series"]?.arrayValue?.first?["alerts"]?.arrayValue
        #expect(alerts?.count == 1 && alerts?.first?["ended_at"] == .null, "\(loud)")
        #expect(alerts?.first?["peak"]?.doubleValue == 99)
        calm["promql"] = #"up{job="node"} foo"#
        let refused = try await session.send("POST", path, ["rule": .object(calm)])
        #expect(refused["status"] == 422 && "\(refused)".contains("parse error"), "\(refused)")
    }
}
