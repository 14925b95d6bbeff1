import Base
import Runtime
import TestSupport
import Testing

/// `/ws/metrics` of `sentinel serve` with node exporter and Debian's Prometheus, which is stopped and started.
@Suite(.timeLimit(.minutes(10))) struct RealServerMetricsTests {
    /// The first matching message of those that arrive within about a minute.
    private static func hear(_ client: RawClient, until isWanted: (JSONValue) -> Bool) throws -> JSONValue {
        var last = JSONValue.null
        for _ in 0..<120 {
            let frame = try client.receiveFrame()
            guard frame.first == 0x81 else { continue }
            last = try JSONValue(parsing: frame.payload)
            if isWanted(last) { return last }
        }
        throw RawClient.ReadError.malformed("\(last)")
    }

    private static func open(_ port: UInt16, _ id: Int) throws -> RawClient {
        let client = try RawClient(port: port)
        try client.openWebSocket("/ws/metrics/\(id)", host: "localhost")
        return client
    }

    @Test func metricsStreamAndOutagesAreReported() async throws {
        let exporter = try await NodeExporter()
        let prometheus = try await PrometheusServer(scraping: [("node", exporter.authority)])
        let session = try await RealRuleTests.Session([
            "PROMETHEUS_URL": prometheus.url, "WS_METRICS_INTERVAL_SECONDS": "1",
        ])
        for name in ["here", "there"] {
            let server: JSONValue = [
                "name": .string(name), "job_name": "node", "instance": .string(exporter.authority),
            ]
            #expect(try await session.send("POST", "/api/v1/servers/", server)["name"] == .string(name))
        }
        let port = session.port
        let full = try await onThread {
            try Self.hear(try Self.open(port, 1)) { message in
                guard case .object(let figures)? = message["metrics"] else { return false }
                return figures.members.count == 5
            }
        }
        #expect(full["server_id"] == 1 && full["server_name"] == "here" && full["errors"] == nil)
        #expect(full["timestamp"]?.stringValue.flatMap { Timestamp(iso8601: $0) } != nil)
        let memory = try #require(full["metrics"]?["memory_usage_percent"]?.doubleValue)
        #expect(memory > 0 && memory < 100)

        prometheus.stop()
        let silent = try await onThread {
            try Self.hear(try Self.open(port, 1)) { $0["metrics"] == .null }
        }
        #expect(silent["error"]?.stringValue?.hasPrefix("Prometheus does not answer: ") == true, "\(silent)")
        #expect(silent["server_name"] == "here")
        async let back = onThread {
            try Self.hear(try Self.open(port, 1)) { $0["metrics"]?["memory_usage_percent"] != nil }
        }
        try await prometheus.start()
        #expect(try await back["server_id"] == 1)

        async let end = onThread {
            let client = try Self.open(port, 1)
            let last = try Self.hear(client) { $0["server_id"] == nil }
            return (last, try client.receiveFrame().payload)
        }
        async let stop = onThread {
            let client = try Self.open(port, 2)
            while true {
                let frame = try client.receiveFrame()
                if frame.first == 0x88 { return frame.payload }
            }
        }
        await eventually {
            let metrics = try? await onThread { try RawClient(port: port).request("GET", "/metrics") }
            return metrics.map { String(decoding: $0.body, as: UTF8.self).contains("sentinel_server_watchers 2\n") }
                ?? false
        }
        #expect(try await session.send("PATCH", "/api/v1/servers/1", ["is_active": false])["is_active"] == false)
        let (last, close) = try await end
        #expect(last == ["error": "Server is not active"] && close.starts(with: [3, 232]))
        session.terminate()
        #expect(try await stop == [3, 233] + Array("the server is stopping".utf8))
    }
}
