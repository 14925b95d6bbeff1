import Base
import Glibc
import HTTPServer
import Runtime
import TestSupport
import Testing

/// Uses the IPv6 loopback where a port must refuse: on IPv4 another test may get a port as soon as it is free.
@Suite struct ShutdownTests {
    /// An idle connection, events, a WebSocket, a download and a slow handler are under way.
    @Test func shutdownEndsEveryKindOfConnectionProperly() async throws {
        let gate = GracefulShutdown()
        let handler: Handler = { request in
            if request.path == "/slow" {
                await gate.wait()
                return .text("slow")
            }
            return await TestRoutes.handler(request)
        }
        var limits = Limits()
        // The download is read last, which may be late on a busy machine.
        limits.writeTimeout = .seconds(600)
        try await TestServer.run(host: "::1", limits: limits, handler: handler) { server in
            let port = server.port
            let drained = GracefulShutdown()
            let shutdown = Task {
                await drained.wait()
                await server.server.shutdown(grace: .seconds(600))
            }
            let outcome = try await onThread {
                let clients = try (0..<5).map { _ in try RawClient(port: port, isIPv6: true, receiveBuffer: 65_536) }
                _ = try clients[0].request("GET", "/ping")
                try clients[1].send("GET /events HTTP/1.1\r\nHost: a\r\n\r\n")
                let (events, first) = (try clients[1].receiveHead(), try clients[1].receiveChunk())
                try clients[2].openWebSocket("/socket")
                try clients[3].send("GET /big HTTP/1.1\r\nHost: a\r\n\r\n")
                let big = try clients[3].receiveHead()
                try clients[4].send("GET /slow HTTP/1.1\r\nHost: a\r\n\r\n")
                drained.trigger()
                let idleIsClosed = try clients[0].isClosedByServer()
                gate.trigger()
                let refused = Self.refuses(port)
                return (
                    idleIsClosed, events.status, String(decoding: first, as: UTF8.self), try clients[1].receiveToEnd(),
                    try clients[2].receiveToEnd(), big.status, try clients[3].receiveToEnd().count,
                    try clients[4].receiveResponse(), refused
                )
            }
            await shutdown.value
            #expect(outcome.0)
            #expect(outcome.2 == "id: 1\nevent: tick\ndata: one\ndata: two\n\n")
            // On a busy machine a heartbeat may come before the end.
            #expect(outcome.3.suffix(5) == Array("0\r\n\r\n".utf8))
            #expect(outcome.4.suffix(4) == serverFrame(0x88, [0x03, 0xE9])[...])
            #expect(outcome.6 == TestRoutes.big.count)
            #expect(outcome.7.text == "slow")
            #expect(outcome.7.headers["connection"] == "close")
            #expect(outcome.8)
            #expect(server.server.connectionCount == 0)
        }
    }

    /// Whether a port refuses within some seconds: on a busy machine the server's loop may be delayed.
    private static func refuses(_ port: UInt16) -> Bool {
        let deadline = MonotonicTime.now + .seconds(60)
        while MonotonicTime.now < deadline {
            guard (try? RawClient(port: port, isIPv6: true)) != nil else { return true }
            usleep(2000)
        }
        return false
    }

    @Test func connectionsBeyondTheGraceAreCut() async throws {
        let started = Counter()
        let handler: Handler = { _ in
            started.increment()
            try? await Task.sleep(for: .seconds(600))
            return .text("never")
        }
        try await TestServer.run(handler: handler) { server in
            let port = server.port
            async let answer = onThread {
                let client = try RawClient(port: port)
                try client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
                return try client.receiveToEnd()
            }
            #expect(await eventually { started.value == 1 })
            await server.server.shutdown(grace: .milliseconds(100))
            let received = try await answer
            #expect(received.isEmpty)
            #expect(server.server.connectionCount == 0)
        }
    }

    @Test func serviceStopsWhenAsked() async throws {
        try await TestServer.run(host: "::1") { server in
            let asked = GracefulShutdown()
            asked.trigger()
            try await HTTPService(server.server, grace: .seconds(1)).run(until: asked)
            let port = server.port
            let isRefused = try await onThread { Self.refuses(port) }
            #expect(isRefused)
        }
    }
}
