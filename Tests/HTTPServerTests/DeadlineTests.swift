import Base
import HTTPServer
import TestSupport
import Testing

/// Clients that are slow on purpose; every test waits for the server to end the connection.
@Suite struct DeadlineTests {
    private static func limits(_ change: (inout Limits) -> Void) -> Limits {
        var limits = Limits()
        change(&limits)
        return limits
    }

    /// Sends a byte every few milliseconds until the server ends the connection; returns its answer and the time.
    private func trickle(_ server: TestServer, after start: String) async throws -> (statuses: [Int], after: Duration) {
        let port = server.port
        return try await onThread {
            let client = try RawClient(port: port)
            let begin = MonotonicTime.now
            try client.send(start)
            while MonotonicTime.now - begin < .seconds(5), !client.hasInput(within: .milliseconds(10)) {
                do { try client.send("a") } catch { break }
            }
            let after = MonotonicTime.now - begin
            return (TestServer.statuses(try client.receiveToEnd()), after)
        }
    }

    @Test func trickledHeadIsCut() async throws {
        try await TestServer.run(limits: Self.limits { $0.headTimeout = .milliseconds(150) }) { server in
            let (statuses, after) = try await trickle(server, after: "GET /ping HTTP/1.1\r\nX: ")
            #expect(statuses == [408])
            #expect(after >= .milliseconds(150) && after < .seconds(3))
        }
    }

    @Test(arguments: ["Content-Length: 100000\r\n\r\n", "Transfer-Encoding: chunked\r\n\r\nFFFF\r\n"])
    func trickledBodyIsCut(_ end: String) async throws {
        try await TestServer.run(limits: Self.limits { $0.bodyTimeout = .milliseconds(150) }) { server in
            let (statuses, after) = try await trickle(server, after: "POST /echo HTTP/1.1\r\nHost: a\r\n" + end)
            #expect(statuses == [408])
            #expect(after >= .milliseconds(150) && after < .seconds(3))
        }
    }

    @Test func silentAndIdleConnectionsAreClosed() async throws {
        let limits = Self.limits {
            $0.headTimeout = .milliseconds(100)
            $0.idleTimeout = .milliseconds(100)
        }
        try await TestServer.run(limits: limits) { server in
            let port = server.port
            let (silent, idle) = try await onThread {
                let silent = try RawClient(port: port)
                let idle = try RawClient(port: port)
                _ = try idle.request("GET", "/ping")
                return (try silent.isClosedByServer(), try idle.isClosedByServer())
            }
            #expect(silent && idle)
            #expect(await eventually { server.server.connectionCount == 0 })
        }
    }

    @Test func clientsThatReadNothingAreCut() async throws {
        let limits = Self.limits { $0.writeTimeout = .milliseconds(150) }
        // Endless, so that no socket's buffer can hold it all.
        let handler: Handler = { _ in
            .stream(contentType: "text/plain") { body in
                while true { try await body.write([UInt8](repeating: 1, count: 65_536)) }
            }
        }
        try await TestServer.run(limits: limits, handler: handler) { server in
            let port = server.port
            let clients = try await onThread {
                try (0..<10).map { _ in
                    let client = try RawClient(port: port, receiveBuffer: 4096)
                    try client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
                    return Parked(client)
                }
            }
            #expect(await eventually { server.server.counters.stalled.value == 10 })
            #expect(await eventually { server.server.connectionCount == 0 })
            withExtendedLifetime(clients) {}
        }
    }

    @Test func slowButSteadyReaderGetsEverything() async throws {
        let limits = Self.limits { $0.writeTimeout = .milliseconds(500) }
        try await TestServer.run(limits: limits) { server in
            let port = server.port
            let count = try await onThread {
                let client = try RawClient(port: port, receiveBuffer: 65_536)
                return try client.request("GET", "/big").body.count
            }
            #expect(count == TestRoutes.big.count)
        }
    }

    @Test func silentWebSocketIsPingedThenClosed() async throws {
        let limits = Self.limits { $0.pingInterval = .milliseconds(50) }
        try await TestServer.run(limits: limits) { server in
            let port = server.port
            let frames = try await onThread {
                let client = try RawClient(port: port)
                try client.openWebSocket("/socket")
                return try client.receiveToEnd()
            }
            #expect(frames == [0x89, 0, 0x89, 0])
        }
    }

    @Test func silentEventStreamSendsHeartbeats() async throws {
        let handler: Handler = { _ in
            .events(heartbeat: .milliseconds(30)) { _ in try await Task.sleep(for: .seconds(600)) }
        }
        try await TestServer.run(handler: handler) { server in
            let port = server.port
            let chunks = try await onThread {
                let client = try RawClient(port: port)
                try client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
                _ = try client.receiveHead()
                return [try client.receiveChunk(), try client.receiveChunk()]
            }
            #expect(chunks == [Array(":\n\n".utf8), Array(":\n\n".utf8)])
        }
    }
}
