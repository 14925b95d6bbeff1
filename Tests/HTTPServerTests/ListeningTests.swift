import Base
import Glibc
import HTTPServer
import Runtime
import TestSupport
import Testing

@Suite struct ListeningTests {
    private func withServer(_ body: (HTTPServer) async throws -> Void) async throws {
        let loop = try EventLoop(name: "test-http")
        let server = HTTPServer(loops: [loop], handler: TestRoutes.handler)
        do { try await body(server) } catch {
            await server.shutdown(grace: .zero)
            loop.shutdown()
            throw error
        }
        await server.shutdown(grace: .zero)
        loop.shutdown()
    }

    @Test(arguments: ["127.0.0.1", "::1", "localhost", "0.0.0.0", "::"])
    func numericAddressesAndLocalhostAreBound(_ host: String) async throws {
        try await withServer { server in
            let port = try server.bind(host: host, port: 0)
            #expect(port != 0)
            let text = try await onThread {
                try RawClient(port: port, isIPv6: host.contains(":")).request("GET", "/ping").text
            }
            #expect(text == "pong")
        }
    }

    @Test func listensOnUnixSockets() async throws {
        let path = "/tmp/sentinel-http-test-\(getpid()).sock"
        defer { unlink(path) }
        for _ in 0..<2 {
            try await withServer { server in
                try server.bind(unixPath: path)
                let text = try await onThread { try RawClient(unixPath: path).request("GET", "/ping").text }
                #expect(text == "pong")
            }
        }
    }

    @Test func severalLoopsShareAPort() async throws {
        try await TestServer.run(loops: 2) { server in
            let port = server.port
            let texts = try await onThread {
                try (0..<50).map { _ in try RawClient(port: port).request("GET", "/ping").text }
            }
            #expect(texts.allSatisfy { $0 == "pong" })
        }
    }

    @Test func portInUseIsNamed() async throws {
        try await withServer { server in
            let port = try server.bind(host: "127.0.0.1", port: 0)
            let error = #expect(throws: HTTPServerError.self) { try server.bind(host: "127.0.0.1", port: port) }
            #expect(error?.description == "cannot listen on 127.0.0.1:\(port): bind: Address already in use")
        }
    }

    @Test(arguments: ["", "nonsense", "1.2.3", "example.org", "1:2"])
    func invalidAddressIsNamed(_ host: String) async throws {
        try await withServer { server in
            #expect(throws: HTTPServerError.addressInvalid(host)) { try server.bind(host: host, port: 0) }
        }
    }
}
