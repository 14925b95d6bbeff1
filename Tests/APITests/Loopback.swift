import API
import Base
import HTTPServer
import Runtime
import TestSupport

/// The two ways in which a test's requests reach the API.
enum Transport: String, CaseIterable, Sendable {
    case router
    case loopback

    /// Runs the same closure either way.
    func run(
        _ configure: (inout APIDependencies) -> Void = { _ in },
        _ body: (TestApplication) async throws -> Void
    ) async throws {
        var app = try await TestApplication(configure)
        guard self == .loopback else { return try await body(app) }
        let loop = try EventLoop(name: "test-api")
        let server = HTTPServer(loops: [loop], handler: app.handler)
        app.port = try server.bind(host: "127.0.0.1", port: 0)
        do {
            try await body(app)
        } catch {
            await server.shutdown(grace: .zero)
            loop.shutdown()
            throw error
        }
        await server.shutdown(grace: .zero)
        loop.shutdown()
    }
}

/// Requests over their own connection.
enum Loopback {
    static func send(
        _ method: Method,
        _ target: String,
        headers: Headers,
        bytes: [UInt8],
        to port: UInt16
    ) async throws -> Answer {
        var lines = ["\(method) \(target) HTTP/1.1"]
        if headers["Host"] == nil { lines.append("Host: 127.0.0.1:\(port)") }
        lines += headers.map { "\($0.name): \($0.value)" }
        if !bytes.isEmpty || method == .post { lines.append("Content-Length: \(bytes.count)") }
        let head = Array((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8)
        return try await onThread {
            let client = try RawClient(port: port)
            // The server may have answered and closed before all was sent.
            do { try client.send(head + bytes) } catch RawClient.ReadError.closed {}
            return Answer(try client.receiveResponse(hasBody: method != .head))
        }
    }
}
