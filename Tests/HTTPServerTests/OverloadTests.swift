import Base
import HTTPServer
import Synchronization
import TestSupport
import Testing

@Suite struct OverloadTests {
    @Test(arguments: [true, false])
    func connectionsOverTheLimitAreRefusedUntilOthersLeave(_ isPerAddress: Bool) async throws {
        var limits = Limits()
        if isPerAddress { limits.connectionsPerAddress = 2 } else { limits.connections = 2 }
        try await TestServer.run(limits: limits) { server in
            let port = server.port
            let refused = try await onThread {
                let first = try RawClient(port: port)
                let second = try RawClient(port: port)
                _ = (try first.request("GET", "/ping"), try second.request("GET", "/ping"))
                let third = try RawClient(port: port)
                return try third.request("GET", "/ping")
            }
            #expect(refused.status == 503)
            #expect(refused.headers["retry-after"] == "5")
            #expect(await eventually { server.server.connectionCount == 0 })
            let answer = try await onThread { try RawClient(port: port).request("GET", "/ping").status }
            #expect(answer == 200)
        }
    }

    @Test func pipelineFloodThatNeverReadsStaysBounded() async throws {
        try await TestServer.run { server in
            let port = server.port
            let requests = Array(
                String(repeating: "GET /number/123456789 HTTP/1.1\r\nHost: a\r\n\r\n", count: 1000).utf8
            )
            let sent = try await onThread {
                try RawClient(port: port, receiveBuffer: 4096).flood(requests, until: 64 << 20)
            }
            #expect(sent > 100_000 && sent < 64 << 20, "the server must have stopped reading")
            #expect(await eventually { server.server.connectionCount == 0 })
        }
    }

    @Test func bodiesOfManySlowSendersShareOneBound() async throws {
        var limits = Limits()
        limits.heldBodyBytes = 1 << 20
        limits.lingerTimeout = .seconds(60)
        try await TestServer.run(limits: limits) { server in
            let port = server.port
            let piece = String(repeating: "a", count: 100_000)
            // Each is one byte short of a whole body: together twice the available room.
            let statuses = try await onThread {
                let slow = try (0..<20).map { _ in
                    let client = try RawClient(port: port)
                    try client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 100001\r\n\r\n")
                    try client.send(piece)
                    return client
                }
                let small = try RawClient(port: port).request("POST", "/echo", body: "small")
                #expect(small.status == 200)
                var answers: [RawResponse] = []
                for client in slow {
                    do { try client.send("a") } catch RawClient.ReadError.closed {}
                    answers.append(try client.receiveResponse())
                }
                return answers.map { ($0.status, $0.headers["retry-after"]) }
            }
            let served = statuses.filter { $0.0 == 200 }.count
            #expect((5...10).contains(served), "\(statuses)")
            #expect(statuses.allSatisfy { $0.0 == 200 || ($0.0 == 503 && $0.1 == "5") })
            // The held bytes were released.
            let again = try await onThread {
                try (0..<30).map { _ in try RawClient(port: port).request("POST", "/echo", body: piece).status }
            }
            #expect(again.allSatisfy { $0 == 200 })
        }
    }

    @Test func bodyBeyondTheBudgetIsAnswered503() async throws {
        var limits = Limits()
        limits.heldBodyBytes = 1000
        try await TestServer.run(limits: limits) { server in
            let port = server.port
            let statuses = try await onThread {
                let client = try RawClient(port: port)
                let whole = try client.request("POST", "/echo", body: String(repeating: "a", count: 1000)).status
                return [whole, try client.request("POST", "/echo", body: String(repeating: "a", count: 1001)).status]
            }
            #expect(statuses == [200, 503])
        }
    }

    @Test func resetWhileTheHandlerRunsCancelsIt() async throws {
        let (started, cancelled) = (Counter(), Counter())
        let handler: Handler = { _ in
            started.increment()
            do { try await Task.sleep(for: .seconds(600)) } catch { cancelled.increment() }
            return .text("late")
        }
        try await TestServer.run(handler: handler) { server in
            let port = server.port
            for round in 1...50 {
                let client = try await onThread {
                    let client = try RawClient(port: port)
                    try client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
                    return Parked(client)
                }
                #expect(await eventually { started.value == round })
                client.take().reset()
            }
            #expect(await eventually { cancelled.value == 50 && server.server.connectionCount == 0 })
        }
    }

    @Test func disconnectedEventStreamCancelsItsTask() async throws {
        let (running, ended) = (Counter(), Counter())
        let handler: Handler = { _ in
            .events { _ in
                running.increment()
                defer { ended.increment() }
                try await Task.sleep(for: .seconds(600))
            }
        }
        try await TestServer.run(handler: handler) { server in
            let port = server.port
            let clients = try await onThread {
                try (0..<100).map { _ in
                    let client = try RawClient(port: port)
                    try client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
                    return Parked(client)
                }
            }
            #expect(await eventually { running.value == 100 })
            for client in clients { client.take().close() }
            #expect(await eventually { ended.value == 100 && server.server.connectionCount == 0 })
        }
    }

    @Test func slowReaderBlocksTheStreamWriter() async throws {
        let written = Atomic<Int>(0)
        let handler: Handler = { _ in
            .stream(contentType: "text/plain") { body in
                for _ in 0..<512 {
                    try await body.write([UInt8](repeating: 1, count: 65_536))
                    written.wrappingAdd(65_536, ordering: .relaxed)
                }
            }
        }
        try await TestServer.run(handler: handler) { server in
            let port = server.port
            let (early, count) = try await onThread {
                let client = try RawClient(port: port, receiveBuffer: 65_536)
                try client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
                _ = try client.receiveHead()
                return (written.load(ordering: .relaxed), try client.receiveResponseBody())
            }
            #expect(early < 24 << 20)
            #expect(count == 32 << 20)
        }
    }
}

/// Passes a client from one thread to another.
final class Parked: @unchecked Sendable {  // Invariant: used by one thread at a time, with an `await` in between.
    private let client: RawClient

    init(_ client: RawClient) { self.client = client }

    func take() -> RawClient { client }
}
