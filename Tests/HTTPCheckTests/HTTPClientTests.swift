import Base
import HTTPClient
import Runtime
import TestSupport
import Testing

/// The client for whole requests.
@Suite struct HTTPClientTests {
    private func client(_ configuration: HTTPClientConfiguration = .init()) throws -> HTTPClient {
        HTTPClient(loop: try EventLoop(name: "client-test"), configuration: configuration)
    }

    @Test func requestsGetTheirResponse() async throws {
        let target = LoopbackTarget.answering { _, connection in
            connection.respond("201 Created", headers: ["X-Tag: a", "x-tag: b"], body: "made")
        }
        let request = HTTPClientRequest(
            method: "POST",
            url: target.url("/api", host: "localhost"),
            headers: [("Content-Type", "application/json"), ("X-Key", "k")],
            body: Array("{}".utf8)
        )
        let response = try await client().send(request)
        #expect(response.status == 201 && response.body == Array("made".utf8))
        #expect(response.header("X-TAG") == "a" && response.headers.count == 3)
        let sent = try #require(target.requests.first)
        #expect(sent.hasPrefix("POST /api HTTP/1.1\r\n") && sent.hasSuffix("\r\n\r\n{}"))
        #expect(sent.contains("X-Key: k\r\n") && sent.contains("Content-Type: application/json\r\n"))
    }

    @Test func errorsAreNamed() async throws {
        let client = try client()
        let hung = LoopbackTarget { $0.waitForClose() }
        let large = LoopbackTarget.answering { _, connection in connection.respond(body: "too long") }
        let closed = "http://127.0.0.1:\(LoopbackTarget.closedPort())/"
        await #expect(throws: HTTPClientError.timeout) {
            try await client.send(HTTPClientRequest(url: hung.url(), timeout: .milliseconds(100)))
        }
        await #expect(throws: HTTPClientError.bodyTooLarge) {
            try await client.send(HTTPClientRequest(url: large.url(), maximumBody: 5))
        }
        await #expect(throws: HTTPClientError.blocked("169.254.169.254 is a cloud metadata address")) {
            try await client.send(HTTPClientRequest(url: "http://169.254.169.254/"))
        }
        for request in [
            HTTPClientRequest(url: "ftp://x"), HTTPClientRequest(method: "A B", url: closed),
            HTTPClientRequest(url: closed, headers: [("X", "a\r\nb")]),
        ] {
            let error = await #expect(throws: HTTPClientError.self) { try await client.send(request) }
            guard case .invalidRequest = error else {
                Issue.record("\(String(describing: error))")
                continue
            }
        }
        let error = await #expect(throws: HTTPClientError.self) {
            try await client.send(HTTPClientRequest(url: closed))
        }
        guard case .transport = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }

    @Test func connectionsAreKeptOnlyIfConfigured() async throws {
        var configuration = HTTPClientConfiguration()
        for (keeps, connections) in [(false, 3), (true, 1)] {
            configuration.keepsConnections = keeps
            let (target, client) = (LoopbackTarget.answering(), try client(configuration))
            for index in 0..<3 {
                let request = HTTPClientRequest(method: "POST", url: target.url(), body: Array("\(index)".utf8))
                #expect(try await client.send(request).status == 200)
            }
            #expect(target.connectionCount == connections)
            #expect(target.requests.map(\.last) == ["0", "1", "2"])
        }
    }

    /// A server that closes after each answer without announcing it, as a restarted one does.
    @Test func lostKeptConnectionIsReplaced() async throws {
        var configuration = HTTPClientConfiguration()
        configuration.keepsConnections = true
        let target = LoopbackTarget { connection in
            if connection.readRequest().isEmpty { return }
            connection.respond(body: "ok")
            connection.close()
        }
        let client = try client(configuration)
        for count in 1...20 {
            let request = HTTPClientRequest(method: "POST", url: target.url(), body: [65])
            #expect(try await client.send(request).status == 200)
            #expect(target.connectionCount == count)
        }
    }

    /// A server that gives an idle connection up may send 408 before it closes.
    @Test func timedOutKeptConnectionIsReplaced() async throws {
        var configuration = HTTPClientConfiguration()
        configuration.keepsConnections = true
        let target = LoopbackTarget { connection in
            if connection.readRequest().isEmpty { return }
            connection.respond(body: "ok")
            if connection.readRequest().isEmpty { return }
            connection.respond("408 Request Timeout", headers: ["Connection: close"], body: "late")
            connection.close()
        }
        let client = try client(configuration)
        for count in 1...3 {
            let response = try await client.send(HTTPClientRequest(method: "POST", url: target.url(), body: [65]))
            #expect(response.status == 200 && response.body == Array("ok".utf8))
            #expect(target.connectionCount == count)
        }
    }

    @Test func cancelledTaskEndsItsRequest() async throws {
        let hung = LoopbackTarget { $0.waitForClose() }
        let client = try client()
        let task = Task { try await client.send(HTTPClientRequest(url: hung.url(), timeout: .seconds(30))) }
        await eventually { hung.connectionCount != 0 }
        task.cancel()
        await #expect(throws: HTTPClientError.cancelled) { try await task.value }
    }

    @Test func certificatesAreVerified() async throws {
        let authority = TestCertificate("Test CA", sans: nil, isAuthority: true)
        let target = LoopbackTarget.answering(tls: TLSServerContext(TestCertificate("a", issuer: authority)))
        let request = HTTPClientRequest(url: target.url(scheme: "https"))
        await #expect(throws: HTTPClientError.self) { try await client().send(request) }
        let file = authority.certificateFile()
        #expect(try await client(HTTPClientConfiguration(caFile: file)).send(request).status == 200)
        #expect(try await client(HTTPClientConfiguration(verifyTLS: false)).send(request).status == 200)
    }

    /// Not with the authorities that libcurl would take instead.
    @Test(arguments: ["/nonexistent.pem", "/tmp", "/dev/null"])
    func authoritiesThatCannotBeReadRefuse(_ file: String) async throws {
        let target = LoopbackTarget.answering(tls: TLSServerContext(TestCertificate("a")))
        let request = HTTPClientRequest(url: target.url(scheme: "https"))
        do {
            _ = try await client(HTTPClientConfiguration(caFile: file)).send(request)
            Issue.record("sent")
        } catch {
            #expect("\(error)".contains("the CA file \(file) cannot be read"), "\(error)")
        }
        #expect(target.connectionCount == 0)
        let blind = HTTPClientConfiguration(caFile: file, verifyTLS: false)
        #expect(try await client(blind).send(request).status == 200)
    }
}
