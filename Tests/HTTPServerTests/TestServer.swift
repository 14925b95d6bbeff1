import Base
import HTTPServer
import Runtime
import TestSupport

/// A server on a loopback port with its own loop, for one test.
struct TestServer: Sendable {
    let server: HTTPServer
    let loop: EventLoop
    let port: UInt16

    static func run<R: Sendable>(
        host: String = "127.0.0.1",
        limits: Limits = Limits(),
        loops: Int = 1,
        onResponse: (@Sendable (ResponseSummary) -> Void)? = nil,
        handler: @escaping Handler = TestRoutes.handler,
        _ body: (TestServer) async throws -> R
    ) async throws -> R {
        let loops = try (0..<loops).map { _ in try EventLoop(name: "test-http") }
        let server = HTTPServer(loops: loops, limits: limits, onResponse: onResponse, handler: handler)
        let port = try server.bind(host: host, port: 0)
        func stop() async {
            await server.shutdown(grace: .zero)
            for loop in loops { loop.shutdown() }
        }
        do {
            let result = try await body(TestServer(server: server, loop: loops[0], port: port))
            await stop()
            return result
        } catch {
            await stop()
            throw error
        }
    }

    /// Sends bytes on a new connection and reads everything until the server ends it.
    func exchange(_ bytes: [UInt8], finish: Bool = false) async throws -> [UInt8] {
        let port = port
        return try await onThread {
            let client = try RawClient(port: port)
            // The server may have answered and closed before all was sent.
            do { try client.send(bytes) } catch RawClient.ReadError.closed {}
            if finish { client.finishSending() }
            return try client.receiveToEnd()
        }
    }

    /// The status codes of the responses in a stream of bytes; bodies must not look like a status line.
    static func statuses(_ bytes: [UInt8]) -> [Int] {
        String(decoding: bytes, as: UTF8.self).split(separator: "HTTP/1.1 ", omittingEmptySubsequences: true)
            .compactMap { Int($0.prefix(3)) }
    }
}

/// The routes that the tests use.
enum TestRoutes {
    static let handler: Handler = {
        var router = Router()
        router.on(.get, "/ping") { _ in .text("pong") }
        router.on(.get, "/number/{n}") { .text($0.parameters["n"] ?? "") }
        router.on(.get, "/big") { _ in Response(contentType: "application/octet-stream", body: .bytes(big)) }
        router.on(.post, "/echo") { request in
            do throws(HTTPServerError) {
                return Response(contentType: "text/plain", body: .bytes(try await request.body.collect(upTo: 1 << 20)))
            } catch {
                return Problem(.badRequest, "\(error)").response
            }
        }
        router.on(.post, "/ignore") { _ in .text("ignored") }
        router.on(.get, "/events") { _ in
            .events { events in
                try await events.send(ServerSentEvent(id: "1", event: "tick", data: "one\ntwo"))
                try await Task.sleep(for: .seconds(600))
            }
        }
        router.on(.get, "/socket") { _ in
            .webSocket { socket in
                while let message = try await socket.receive() { try await socket.send(message) }
            }
        }
        router.on(.get, "/split") { _ in Response(headers: ["X-Evil": "a\r\nSet-Cookie: b=c"]) }
        router.on(.get, "/empty") { _ in Response(.noContent, body: .bytes([1, 2, 3])) }
        router.on(.get, "/same") { _ in Response(.notModified, headers: ["ETag": "\"1\""], body: .bytes([1])) }
        return router.makeHandler()
    }()

    static let big = [UInt8](repeating: UInt8(ascii: "x"), count: 10 << 20)
}
