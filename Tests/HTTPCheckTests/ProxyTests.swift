import Base
import Domain
import HTTPCheck
import TestSupport
import Testing

/// Checks that go through a proxy.
@Suite struct ProxyTests {
    private static let authority = TestCertificate("Test CA", sans: nil, isAuthority: true)
    private static let authorityFile = authority.certificateFile()

    private func secureTarget() -> LoopbackTarget {
        LoopbackTarget.answering(
            tls: TLSServerContext(TestCertificate("target", issuer: Self.authority, sans: "DNS:shop.test"))
        )
    }

    /// A proxy that connects every CONNECT to one port.
    private func proxy(to port: UInt16, tls: TLSServerContext? = nil, status: String = "200 OK") -> LoopbackTarget {
        LoopbackTarget.relaying(to: port, tls: tls, status: status)
    }

    @Test func plainHTTPGoesThroughTheProxy() async throws {
        let proxy = LoopbackTarget.answering { _, connection in connection.respond(body: "via") }
        let outcome = await (try ProbeBench()).run("http://shop.test/x") {
            $0.proxy = "http://ann:pw@\(proxy.authority)"
            $0.keyword = "via"
        }
        #expect(outcome.failure == nil)
        let request = try #require(proxy.requests.first)
        #expect(request.hasPrefix("GET http://shop.test/x HTTP/1.1\r\nHost: shop.test\r\n"))
        #expect(request.contains("Proxy-Authorization: Basic YW5uOnB3\r\n"))
    }

    @Test(arguments: [false, true]) func httpsTunnelsThroughTheProxy(_ isProxySecure: Bool) async throws {
        let target = secureTarget()
        let context = isProxySecure ? TLSServerContext(TestCertificate("proxy", issuer: Self.authority)) : nil
        let proxy = proxy(to: target.port, tls: context)
        let bench = try ProbeBench(ProbeConfiguration(caFile: Self.authorityFile))
        let outcome = await bench.run("https://shop.test/") {
            $0.proxy = "\(isProxySecure ? "https" : "http")://localhost:\(proxy.port)"
        }
        #expect(outcome.failure == nil)
        #expect(proxy.requests.first?.hasPrefix("CONNECT shop.test:443 ") == true)
        #expect(target.requests.first?.contains("Host: shop.test\r\n") == true)
        #expect(outcome.certificate?.subject == "CN=target" && outcome.phases.tls != nil)
    }

    @Test func proxyNameIsResolvedAndTimed() async throws {
        let server = TestNameServer(["proxy.test": .addresses(v4: [[127, 0, 0, 1]])])
        let proxy = LoopbackTarget.answering()
        let outcome = await (try ProbeBench()).run("http://shop.test/") {
            $0.proxy = "http://proxy.test:\(proxy.port)"
            $0.resolver = server.address
        }
        #expect(outcome.failure == nil && outcome.phases.dns != nil)
        #expect(Set(server.questions) == ["proxy.test"])
    }

    @Test(arguments: ["403 Forbidden", "407 Proxy Authentication Required", "502 Bad Gateway"])
    func refusedTunnelIsNamed(_ status: String) async throws {
        let proxy = proxy(to: 1, status: status)
        let outcome = await (try ProbeBench()).run("https://shop.test/") { $0.proxy = proxy.url() }
        expect(outcome, .proxyFailed, .connect)
        #expect(outcome.failure?.message.contains(String(status.prefix(3))) == true)
    }

    @Test func proxyFailuresAreNamed() async throws {
        let bench = try ProbeBench()
        let closed = LoopbackTarget.closedPort()
        for scheme in ["http", "https", "socks4", "socks5", "socks5h"] {
            let outcome = await bench.run("http://127.0.0.1/") { $0.proxy = "\(scheme)://127.0.0.1:\(closed)" }
            expect(outcome, .proxyFailed, .connect)
        }
        let demanding = LoopbackTarget.answering { _, connection in connection.respond("407 No") }
        expect(await bench.run("http://shop.test/") { $0.proxy = demanding.url() }, .proxyFailed, .firstByte)
        let garbage = LoopbackTarget { connection in
            _ = connection.read()
            connection.send("nonsense\r\n\r\n")
        }
        expect(
            await bench.run("http://shop.test/") { $0.proxy = "socks5h://\(garbage.authority)" },
            .proxyFailed,
            .connect
        )
        expect(await bench.run("http://a/") { $0.proxy = "ftp://127.0.0.1" }, .internalError, .internal)
        let hung = LoopbackTarget { $0.waitForClose() }
        let outcome = await bench.run("https://shop.test/") {
            ($0.proxy, $0.timeout) = (hung.url(), .milliseconds(200))
        }
        expect(outcome, .connectTimeout, .connect)
    }

    @Test(arguments: ["socks5", "socks5h", "socks4", "socks4a"]) func socksProxiesRelay(_ scheme: String) async throws {
        let target = LoopbackTarget.answering()
        let server = TestNameServer(["shop.test": .addresses(v4: [[127, 0, 0, 9]])])
        let proxy = LoopbackTarget.socks(to: target.port)
        let outcome = await (try ProbeBench()).run("http://shop.test:8080/") {
            $0.proxy = "\(scheme)://\(proxy.authority)"
            $0.resolver = server.address
            $0.ipVersion = .v4
        }
        #expect(outcome.failure == nil)
        #expect(target.requests.first?.contains("Host: shop.test:8080\r\n") == true)
        let isAsked = scheme == "socks5" || scheme == "socks4"
        #expect(server.questions.isEmpty != isAsked)
        #expect(proxy.requests == [isAsked ? "127.0.0.9:8080" : "shop.test:8080"])
    }

    @Test func literalTargetsBehindAProxyMustObeyThePolicy() async throws {
        let proxy = LoopbackTarget.answering()
        expect(
            await (try ProbeBench()).run("http://169.254.169.254/") { $0.proxy = proxy.url() },
            .policyBlocked,
            .policy
        )
        expect(
            await (try ProbeBench()).run("http://127.0.0.1/") { $0.proxy = "http://169.254.169.254:1" },
            .policyBlocked,
            .policy
        )
    }

    @Test func proxyVariablesAreIgnored() async throws {
        setEnvironment("http_proxy", "http://127.0.0.1:\(LoopbackTarget.closedPort())")
        let target = LoopbackTarget.answering()
        #expect(await (try ProbeBench()).run(target.url()).failure == nil)
    }
}
