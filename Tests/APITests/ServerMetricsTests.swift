import API
import Alerting
import Base
import Domain
import HTTPServer
import PromQL
import TestSupport
import Testing

/// Row 22 of the contract: `/ws/metrics/{server_id}`.
@Suite(.timeLimit(.minutes(10))) struct ServerMetricsTests {
    private static let path = "/ws/metrics/1"

    private static func message(_ metrics: JSONValue, of name: String = "web-1") -> JSONValue {
        [
            "server_id": 1, "server_name": .string(name), "timestamp": "1970-01-01T00:00:00.000Z", "metrics": metrics,
        ]
    }

    @Test func manyWatchersShareOneQuery() async throws {
        let servers = WatchedServers()
        servers.summary.withLock { $0.values = [.memoryUsage: 40.5, .cpuUsage: 12] }
        try await servers.run { _, port, feed in
            let first = Self.message(["cpu_usage_percent": 12, "memory_usage_percent": 40.5])
            var clients: [SocketClient] = []
            for _ in 0..<50 { clients.append(try await SocketClient(port, Self.path)) }
            for client in clients { #expect(try await client.hear() == first) }
            #expect(servers.askedCount == 1 && feed.watcherCount == 50 && feed.serverCount == 1)

            servers.summary.withLock { $0.values[.cpuUsage] = 13 }
            await servers.pass(.seconds(4))
            #expect(servers.askedCount == 1)
            await servers.pass(.seconds(1))
            let second = Self.message(["cpu_usage_percent": 13, "memory_usage_percent": 40.5])
            for client in clients { #expect(try await client.hear() == second) }
            let late = try await SocketClient(port, Self.path)
            #expect(try await late.hear() == second)
            #expect(servers.askedCount == 2)

            clients = []
            await servers.pass()
            #expect(try await late.hear() == second, "who is left goes on")
            #expect(servers.askedCount == 3)
            try await late.send(clientFrame(0x88, [3, 232]))
            #expect(await eventually { feed.watcherCount == 0 })
            // A watcher that returns before the next slot gets the last message.
            let back = try await SocketClient(port, Self.path)
            #expect(try await back.hear() == second)
            try await back.send(clientFrame(0x88, [3, 232]))
            #expect(await eventually { feed.watcherCount == 0 })
            await servers.pass()
            #expect(await eventually { feed.serverCount == 0 && servers.clock.sleeperCount == 0 })
            #expect(servers.askedCount == 3, "nobody is asked for nobody")
            #expect(try await SocketClient(port, Self.path).hear() == second)
            #expect(servers.askedCount == 4)
        }
    }

    @Test func outagesAreReportedUntilTheyEnd() async throws {
        let servers = WatchedServers()
        servers.summary.withLock { $0.values = [.cpuUsage: 12] }
        try await servers.run { _, port, _ in
            let client = try await SocketClient(port, Self.path)
            #expect(try await client.hear()["metrics"] == ["cpu_usage_percent": 12])
            servers.summary.withLock { summary in
                summary = ServerSummary()
                summary.failures = [.diskUsage: .timeout]
            }
            await servers.pass()
            let partial = try await client.hear()
            #expect(partial["metrics"] == [:] && partial["errors"] == ["disk_usage_percent": "timed out"])
            for metric in ServerMetric.allCases {
                servers.summary.withLock { $0.failures[metric] = .unreachable("refused") }
            }
            for _ in 0..<3 {
                await servers.pass()
                var expected = Self.message(.null)
                if case .object(var object) = expected {
                    object["error"] = "Prometheus does not answer: unreachable: refused"
                    expected = .object(object)
                }
                #expect(try await client.hear() == expected)
            }
            servers.summary.withLock { summary in
                summary = ServerSummary()
                summary.values = [.cpuUsage: 14]
            }
            await servers.pass()
            #expect(try await client.hear() == Self.message(["cpu_usage_percent": 14]))
        }
    }

    @Test func unknownAndInactiveServersAreClosedWithAReason() async throws {
        let servers = WatchedServers()
        try await servers.run { app, port, feed in
            for id in ["2", "0", "-1", "9223372036854775807", "99999999999999999999"] {
                let client = try await SocketClient(port, "/ws/metrics/\(id)")
                #expect(try await client.hear() == ["error": "Server not found"])
                #expect(try await client.close() == "1000 Server not found")
            }
            #expect(await app.send(.patch, "/api/v1/servers/1", ["is_active": false]).status == 200)
            let paused = try await SocketClient(port, Self.path + "/")
            #expect(try await paused.hear() == ["error": "Server is not active"])
            #expect(try await paused.close() == "1000 Server is not active")
            #expect(await eventually { feed.watcherCount == 0 && feed.serverCount == 0 })
            #expect(servers.askedCount == 0)
        }
    }

    /// No time passes.
    @Test func serverChangesTakeEffectAtOnce() async throws {
        let servers = WatchedServers()
        try await servers.run { app, port, feed in
            let clients = [try await SocketClient(port, Self.path), try await SocketClient(port, Self.path)]
            for client in clients { #expect(try await client.hear() == Self.message([:])) }
            #expect(await app.send(.patch, "/api/v1/servers/1", ["name": "web-2"]).status == 200)
            for client in clients { #expect(try await client.hear() == Self.message([:], of: "web-2")) }
            #expect(servers.asked.withLock { $0 } == ["web-1", "web-2"])
            #expect(await app.send(.patch, "/api/v1/servers/1", ["is_active": false]).status == 200)
            for client in clients {
                #expect(try await client.hear() == ["error": "Server is not active"])
                #expect(try await client.close() == "1000 Server is not active")
            }
            #expect(await app.send(.patch, "/api/v1/servers/1", ["is_active": true]).status == 200)
            let back = try await SocketClient(port, Self.path)
            #expect(try await back.hear() == Self.message([:], of: "web-2"))
            #expect(await app.send(.delete, "/api/v1/servers/1").status == 204)
            #expect(try await back.hear() == ["error": "Server not found"])
            #expect(try await back.close() == "1000 Server not found")
            #expect(await eventually { feed.serverCount == 0 && servers.clock.sleeperCount == 0 })
        }
    }

    @Test(
        arguments: [
            ("http://evil.example", "1", 403), ("null", "1", 403), ("http://localhost", "1", 101),
            ("https://status.example", "1", 101), ("http://localhost", "x", 403), ("http://localhost", "1.0", 403),
        ]
    )
    func handshakesCheckOriginAndServerID(origin: String, id: String, status: Int) async throws {
        let access = AccessPolicy(trustedOrigins: ["https://status.example"])
        try await WatchedServers().run(access: access) { _, port, _ in
            let answer = try await onThread {
                let client = try RawClient(port: port)
                let lines = [
                    "GET /ws/metrics/\(id) HTTP/1.1", "Host: localhost", "Origin: \(origin)", "Upgrade: websocket",
                    "Connection: Upgrade", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
                ]
                try client.send(lines.joined(separator: "\r\n") + "\r\n\r\n")
                return try client.receiveHead().status
            }
            #expect(answer == status)
        }
    }

    @Test func watchingNeedsAWebSocketAndPrometheus() async throws {
        let servers = WatchedServers()
        try await servers.run { app, _, feed in
            #expect(await app.send(.get, Self.path).status == 426)
            #expect(feed.serverCount == 0 && servers.askedCount == 0)
        }
        let answer = try await TestApplication().send(.get, Self.path)
        #expect(answer.status == 503 && answer.json["detail"] == "No Prometheus is configured: set PROMETHEUS_URL")
    }

    @Test func slowWatchersAreClosedWithAReason() async throws {
        let servers = WatchedServers()
        try await servers.run { app, port, feed in
            let name = String(repeating: "🐢", count: MonitoredServer.textLength)
            #expect(await app.send(.patch, "/api/v1/servers/1", ["name": .string(name)]).status == 200)
            let quick = try await SocketClient(port, Self.path)
            let slow = try await SocketClient(port, Self.path, receiveBuffer: 65_536)
            #expect(try await quick.hear()["server_name"] == .string(name))
            while feed.droppedCount == 0 {
                await servers.pass()
                #expect(try await quick.hear()["server_name"] == .string(name))
            }
            #expect(feed.watcherCount == 2, "until it has been notified")
            var last = try await slow.frame()
            while last.first == 0x81 { last = try await slow.frame() }
            #expect(last.payload.prefix(2) == [0x03, 0xF5])
            #expect(String(decoding: last.payload.dropFirst(2), as: UTF8.self).hasPrefix("too slow"))
            #expect(await eventually { feed.watcherCount == 1 })
            await servers.pass()
            #expect(try await quick.hear()["server_name"] == .string(name))
        }
    }

    @Test func messagesOfWatchersAreIgnored() async throws {
        try await WatchedServers().run { _, port, feed in
            let client = try await SocketClient(port, Self.path)
            #expect(try await client.hear() == Self.message([:]))
            for index in 0..<400 { try await client.send(clientFrame(index.isMultiple(of: 2) ? 0x81 : 0x82, [65])) }
            try await client.send(clientFrame(0x89, [7]))
            let pong = try await client.frame()
            #expect(pong.first == 0x8A && pong.payload == [7])
            try await client.send(clientFrame(0x88, [3, 232]))
            #expect(await eventually { feed.watcherCount == 0 })
        }
    }

    @Test func watchersAreBoundedAndClosedAtShutdown() async throws {
        var limits = MetricsLimits()
        limits.watchers = 2
        var clients: [SocketClient] = []
        try await WatchedServers().run(limits) { _, port, _ in
            for _ in 0..<2 {
                clients.append(try await SocketClient(port, Self.path))
                #expect(try await clients.last?.hear() == Self.message([:]))
            }
            let third = try await SocketClient(port, Self.path)
            #expect(try await third.close() == "1013 there are too many watchers; try again")
        }
        for client in clients { #expect(try await client.close() == "1001 the server is stopping") }
    }
}
