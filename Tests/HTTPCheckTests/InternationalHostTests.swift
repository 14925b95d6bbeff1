import Base
import Checks
import Domain
import HTTPCheck
import TestSupport
import Testing

/// Hosts with letters beyond ASCII, and TLS versions.
@Suite struct InternationalHostTests {
    @Test(arguments: [
        ("http://bücher.example/x", "http://xn--bcher-kva.example/x"),
        ("https://BÜCHER.example:8443", "https://xn--bcher-kva.example:8443/"),
        ("http://straße.example/", "http://xn--strae-oqa.example/"),
        ("http://例え.テスト/ü", "http://xn--r8jz45g.xn--zckzah/%C3%BC"),
        ("http://bu\u{308}cher.example/", "http://xn--bcher-kva.example/"),
    ])
    func hostIsConvertedAndKept(_ text: String, _ asked: String) throws {
        #expect(HTTPRules.url(text) == nil)
        #expect(HTTPKind.identity(of: HTTPSettings(url: text)) == asked)
        let spec = try HTTPKind.spec(JSONObject([("url", .string(text))]))
        #expect(spec.target == text)
    }

    @Test(arguments: ["http://a\u{200B}\u{FFFD}.example/", "http://-ü.example/", "http://ü..example/"])
    func invalidHostIsRefused(_ text: String) {
        #expect(HTTPRules.url(text)?.message.contains("host") == true)
    }

    @Test func convertedNameIsResolved() async throws {
        let target = LoopbackTarget.answering()
        let outcome = await (try ProbeBench()).run("http://bücher.example:\(target.port)/") {
            $0.resolve = [.init(host: "xn--bcher-kva.example", port: target.port, address: "127.0.0.1")]
        }
        #expect(outcome.failure == nil, "\(String(describing: outcome.failure))")
        #expect(target.requests.first?.contains("Host: xn--bcher-kva.example:\(target.port)\r\n") == true)
    }

    @Test func zonesAreRefusedWithAdvice() {
        for fault in [
            HTTPRules.url("http://[fe80::1%25eth0]/"), HTTPRules.resolver("[fe80::1%eth0]:53"),
            HTTPRules.resolveOverride("a:80:[fe80::1%eth0]"), HTTPRules.proxy("http://[fe80::1%25eth0]:3128"),
        ] {
            #expect(fault?.message.contains("zone") == true, "\(String(describing: fault))")
        }
    }

    // MARK: Certificates on the way

    @Test func firstExpiringCertificateOfTheRedirectsIsReported() async throws {
        let soon = TestCertificate("soon", issuer: Self.authority, sans: "IP:127.0.0.1", to: 3600)
        let later = TestCertificate("later", issuer: Self.authority, sans: "IP:127.0.0.1", to: 7200)
        let end = LoopbackTarget.answering(tls: TLSServerContext(later))
        let location = "Location: \(end.url(scheme: "https"))"
        let start = LoopbackTarget.answering(tls: TLSServerContext(soon)) { _, connection in
            connection.respond("302 Found", headers: [location])
        }
        let bench = try ProbeBench(ProbeConfiguration(caFile: Self.authority.certificateFile()))
        let outcome = await bench.run(start.url(scheme: "https"))
        #expect(outcome.failure == nil && outcome.redirects == 1)
        #expect(outcome.certificate?.subject == "CN=soon")
    }

    // MARK: TLS versions

    private static let authority = TestCertificate("Version CA", sans: nil, isAuthority: true)

    private func run(_ version: Int32, _ minimum: HTTPSettings.TLSVersion) async throws -> Outcome {
        let leaf = TestCertificate("leaf", issuer: Self.authority, sans: "IP:127.0.0.1")
        let target = LoopbackTarget.answering(tls: TLSServerContext(leaf, maximumVersion: version))
        let bench = try ProbeBench(ProbeConfiguration(caFile: Self.authority.certificateFile()))
        return await bench.run(target.url(scheme: "https")) { $0.minimumTLS = minimum }
    }

    @Test(arguments: [(Int32(0x0301), HTTPSettings.TLSVersion.v10), (0x0302, .v11), (0x0303, .v12), (0x0304, .v13)])
    func allowedTLSVersionIsUsed(_ version: Int32, _ minimum: HTTPSettings.TLSVersion) async throws {
        let outcome = try await run(version, minimum)
        #expect(outcome.failure == nil, "\(String(describing: outcome.failure))")
    }

    @Test(arguments: [(Int32(0x0301), HTTPSettings.TLSVersion.v12), (0x0302, .v12), (0x0303, .v13)])
    func olderVersionIsRefused(_ version: Int32, _ minimum: HTTPSettings.TLSVersion) async throws {
        expect(try await run(version, minimum), .tlsProtocol, .tls)
    }

    @Test func oldVersionDoesNotAffectTheNextCheck() async throws {
        let leaf = TestCertificate("leaf", issuer: Self.authority, sans: "IP:127.0.0.1")
        let target = LoopbackTarget.answering(tls: TLSServerContext(leaf, maximumVersion: 0x0301))
        let bench = try ProbeBench(ProbeConfiguration(caFile: Self.authority.certificateFile()))
        #expect(await bench.run(target.url(scheme: "https")) { $0.minimumTLS = .v10 }.failure == nil)
        expect(await bench.run(target.url(scheme: "https")), .tlsProtocol, .tls)
    }
}
