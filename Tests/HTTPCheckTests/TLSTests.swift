import Base
import Domain
import HTTPClient
import HTTPCheck
import TestSupport
import Testing

/// Results of certificates and handshakes.
@Suite struct TLSTests {
    private static let authority = TestCertificate("Test CA", sans: nil, isAuthority: true)
    private static let authorityFile = authority.certificateFile()
    private static let configuration = ProbeConfiguration(caFile: authorityFile)

    private func bench(crl: String? = nil) throws -> ProbeBench {
        try ProbeBench(ProbeConfiguration(caFile: Self.authorityFile, crlFile: crl))
    }

    private func target(
        _ certificate: TestCertificate,
        clientAuthority: TestCertificate? = nil,
        version: Int32 = 0x0304
    )
        -> LoopbackTarget
    {
        let context = TLSServerContext(certificate, clientAuthority: clientAuthority, maximumVersion: version)
        return LoopbackTarget.answering(tls: context)
    }

    @Test func goodCertificateIsDescribed() async throws {
        let leaf = TestCertificate("good", issuer: Self.authority, sans: "DNS:localhost,DNS:*.test,IP:127.0.0.1,IP:::1")
        let target = target(leaf)
        let outcome = await (try bench()).run(target.url(scheme: "https"))
        #expect(outcome.failure == nil)
        #expect(try #require(outcome.phases.tls) > .zero && outcome.phases.transfer != nil)
        let facts = try #require(outcome.certificate)
        #expect(facts.subject == "CN=good" && facts.issuer == "CN=Test CA")
        #expect(facts.sans == ["localhost", "*.test", "127.0.0.1", "::1"])
        #expect(facts.valid && facts.problem == nil && facts.sha256.count == 64)
        let days = Double(facts.notAfter.milliseconds - facts.notBefore.milliseconds) / 3_600_000
        #expect(days == 25)
        #expect(abs(facts.notAfter.milliseconds - Timestamp.now.milliseconds - 86_400_000) < 3_600_000)
    }

    /// An invalid certificate.
    struct Fault: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let reason: Reason
        let make: @Sendable () -> TestCertificate
    }

    static let faults: [Fault] = [
        Fault(testDescription: "expired", reason: .tlsExpired) {
            TestCertificate("old", issuer: authority, from: -7200, to: -3600)
        },
        Fault(testDescription: "not yet valid", reason: .tlsNotYetValid) {
            TestCertificate("new", issuer: authority, from: 3600, to: 7200)
        },
        Fault(testDescription: "self-signed", reason: .tlsSelfSigned) { TestCertificate("self") },
        Fault(testDescription: "untrusted", reason: .tlsUntrusted) {
            TestCertificate("stranger", issuer: TestCertificate("Other CA", sans: nil, isAuthority: true))
        },
        Fault(testDescription: "other name", reason: .tlsHostname) {
            TestCertificate("other", issuer: authority, sans: "DNS:other.test,IP:127.0.0.2")
        },
    ]

    @Test(arguments: faults) func invalidCertificateIsNamed(_ fault: Fault) async throws {
        let target = target(fault.make())
        let outcome = await (try bench()).run(target.url(scheme: "https"))
        expect(outcome, fault.reason, .tls)
        #expect(outcome.certificate?.valid == false && outcome.certificate?.problem != nil)
        #expect(outcome.certificate?.sha256.count == 64)
        #expect(outcome.phases.tls != nil && outcome.phases.firstByte == nil && target.requests.isEmpty)

        let unverified = await (try bench()).run(target.url(scheme: "https")) { $0.verifyTLS = false }
        #expect(unverified.failure == nil)
        #expect(unverified.certificate?.valid == false && unverified.certificate?.problem != nil)
    }

    @Test func revokedCertificateIsNamed() async throws {
        let leaf = TestCertificate("revoked", issuer: Self.authority, serial: 77)
        let good = TestCertificate("kept", issuer: Self.authority, serial: 78)
        let bench = try bench(crl: Self.authority.revocationFile(of: 77))
        let (first, second) = (target(leaf), target(good))
        expect(await bench.run(first.url(scheme: "https")), .tlsRevoked, .tls)
        #expect(await bench.run(second.url(scheme: "https")).failure == nil)
    }

    @Test(arguments: [Int32(0x0304), 0x0303]) func clientCertificateIsSent(_ version: Int32) async throws {
        let target = target(
            TestCertificate("server", issuer: Self.authority),
            clientAuthority: Self.authority,
            version: version
        )
        let bench = try bench()
        let url = target.url(scheme: "https")
        expect(await bench.run(url), .tlsClientCertificate, .tls)

        let stranger = TestCertificate("me", issuer: TestCertificate("Other CA", sans: nil, isAuthority: true))
        let (strangerFile, strangerKey) = (stranger.certificateFile(), stranger.keyFile())
        let refused = await bench.run(url) { ($0.clientCertificate, $0.clientKey) = (strangerFile, strangerKey) }
        expect(refused, .tlsClientCertificate, .tls)

        let friend = TestCertificate("friend", issuer: Self.authority)
        let (file, key) = (friend.certificateFile(), friend.keyFile())
        #expect(await bench.run(url) { ($0.clientCertificate, $0.clientKey) = (file, key) }.failure == nil)
    }

    @Test func oldProtocolIsNamed() async throws {
        let target = target(TestCertificate("old", issuer: Self.authority), version: 0x0302)
        expect(await (try bench()).run(target.url(scheme: "https")), .tlsProtocol, .tls)
    }

    @Test func plainHTTPOnATLSPortIsNamed() async throws {
        let target = LoopbackTarget { connection in
            _ = connection.read()
            connection.respond("400 Bad Request")
            connection.waitForClose()
        }
        expect(await (try bench()).run(target.url(scheme: "https")), .tlsProtocol, .tls)
    }

    @Test func brokenHandshakesAreNamed() async throws {
        let closing = LoopbackTarget { connection in
            _ = connection.read()
            connection.close()
        }
        expect(await (try bench()).run(closing.url(scheme: "https")), .tlsHandshake, .tls)
        let resetting = LoopbackTarget { connection in
            _ = connection.read()
            connection.reset()
        }
        expect(await (try bench()).run(resetting.url(scheme: "https")), .tlsHandshake, .tls)
    }

    /// What a target does after 50 ms in place of a handshake.
    static let ends: [@Sendable (TargetConnection) -> Void] = [
        { $0.close() }, { $0.reset() }, { $0.send("HTTP/1.1 400 Bad Request\r\n\r\n") },
        { $0.send([21, 3, 3, 0, 2, 2, 40]) },
    ]

    @Test(arguments: 0..<ends.count) func lostHandshakeCountsAsTLSTime(_ end: Int) async throws {
        let target = LoopbackTarget { connection in
            _ = connection.read()
            TestClock.wait(milliseconds: 50)
            Self.ends[end](connection)
        }
        let url = target.url(scheme: "https")
        let outcome = try await ProbeBench.timed(url, Self.configuration, where: \.connectedAtOnce)
        #expect(outcome.failure?.phase == .tls)
        let text = outcome.failure?.message ?? ""
        #expect(!text.contains("SSL") && !text.hasSuffix(" "), "\(text)")
        // The 50 ms begin before this side notices the connection, which takes at most 20 ms.
        #expect(try #require(outcome.phases.tls) >= .milliseconds(25))
        #expect(outcome.connectedAtOnce)
        #expect(outcome.phases.firstByte == nil && outcome.phases.transfer == nil)
    }

    @Test func readingAuthoritiesIsNotTimed() async throws {
        let target = LoopbackTarget { connection in
            _ = connection.read()
            connection.close()
        }
        let system = "/etc/ssl/certs/ca-certificates.crt"
        let configuration = ProbeConfiguration(caFile: system)
        let url = target.url(scheme: "https")
        let outcome = try await ProbeBench.timed(url, configuration, where: \.connectedAtOnce)
        #expect(outcome.failure?.phase == .tls)
        #expect(outcome.connectedAtOnce)
    }

    @Test func preloadedAuthoritiesVerify() async throws {
        let file = Self.authority.certificateFile()
        TrustStore.preload(caFile: file)
        TrustStore.preload(caFile: file)
        let target = target(TestCertificate("server", issuer: Self.authority))
        for _ in 0..<2 {
            let bench = try ProbeBench(ProbeConfiguration(caFile: file))
            #expect(await bench.run(target.url(scheme: "https")).failure == nil)
        }
        TrustStore.preload(caFile: "/nonexistent.pem")
    }

    @Test func refusedCertificateCountsAsTLSTime() async throws {
        let old = TLSServerContext(TestCertificate("old", issuer: Self.authority, from: -7200, to: -3600))
        let target = LoopbackTarget.answering(tls: old)
        // The time until the handshake is 50 ms longer.
        let slow = LoopbackTarget { connection in
            TestClock.wait(milliseconds: 50)
            connection.relay(to: target.port)
        }
        let url = slow.url(scheme: "https")
        let outcome = try await ProbeBench.timed(url, Self.configuration, where: \.connectedAtOnce)
        expect(outcome, .tlsExpired, .tls)
        // The 50 ms begin before this side notices the connection, which takes at most 20 ms.
        #expect(try #require(outcome.phases.tls) >= .milliseconds(25))
        #expect(outcome.connectedAtOnce)
    }

    @Test func hungHandshakeIsATLSTimeout() async throws {
        let target = LoopbackTarget { $0.waitForClose() }
        let url = target.url(scheme: "https")
        let outcome = try await ProbeBench.timed(
            url,
            Self.configuration,
            { $0.timeout = .milliseconds(200) },
            where: \.connectedAtOnce
        )
        expect(outcome, .tlsTimeout, .tls)
        #expect(try #require(outcome.phases.tls) >= .milliseconds(150))
        let limited = await (try bench()).run(target.url(scheme: "https")) { $0.connectTimeout = .milliseconds(200) }
        expect(limited, .tlsTimeout, .tls)
    }

    @Test func unreadableFilesAreInternal() async throws {
        let target = target(TestCertificate("server", issuer: Self.authority))
        let url = target.url(scheme: "https")
        expect(await (try bench()).run(url) { $0.caFile = "/nonexistent.pem" }, .internalError, .internal)
        expect(await (try bench()).run(url) { $0.clientCertificate = "/nonexistent.pem" }, .internalError, .internal)
        let file = Self.authorityFile
        expect(
            await (try bench()).run(url) { ($0.clientCertificate, $0.clientKey) = (file, "/etc/hostname") },
            .internalError,
            .internal
        )
    }

    @Test func ownCAFileReplacesTheDefault() async throws {
        let other = TestCertificate("Other CA", sans: nil, isAuthority: true)
        let file = other.certificateFile()
        let target = target(TestCertificate("server", issuer: other))
        expect(await (try bench()).run(target.url(scheme: "https")), .tlsUntrusted, .tls)
        #expect(await (try bench()).run(target.url(scheme: "https")) { $0.caFile = file }.failure == nil)
    }

    @Test func overrideKeepsServerNameAndHost() async throws {
        let context = TLSServerContext(TestCertificate("name", issuer: Self.authority, sans: "DNS:shop.test"))
        let target = LoopbackTarget.answering(tls: context) { _, connection in
            connection.respond(body: "sni=\(connection.serverName ?? "none")")
        }
        let outcome = await (try bench()).run(target.url(scheme: "https", host: "shop.test")) {
            $0.resolve = [.init(host: "shop.test", port: target.port, address: "127.0.0.1")]
            $0.keyword = "sni=shop.test"
        }
        #expect(outcome.failure == nil)
        #expect(target.requests.first?.contains("Host: shop.test:\(target.port)\r\n") == true)
    }

    @Test func commonNameIsNotAcceptedAsName() async throws {
        let target = target(TestCertificate("localhost", issuer: Self.authority, sans: nil))
        expect(await (try bench()).run(target.url(scheme: "https", host: "localhost")), .tlsHostname, .tls)
    }

    @Test func handshakeAlertWithoutACauseIsAHandshakeFailure() async throws {
        for (alert, reason) in [(UInt8(40), Reason.tlsHandshake), (70, .tlsProtocol), (80, .tlsHandshake)] {
            let target = LoopbackTarget { connection in
                _ = connection.read()
                connection.send([21, 3, 3, 0, 2, 2, alert])
                connection.waitForClose()
            }
            expect(await (try bench()).run(target.url(scheme: "https")), reason, .tls)
        }
    }

    @Test(arguments: [true, false]) func sniSelectsTheVirtualHost(_ byHeader: Bool) async throws {
        let context = TLSServerContext(TestCertificate("name", issuer: Self.authority, sans: "DNS:shop.test"))
        let target = LoopbackTarget.answering(tls: context) { _, connection in
            connection.respond(body: "sni=\(connection.serverName ?? "none")")
        }
        let outcome = await (try bench()).run(target.url(scheme: "https")) {
            if byHeader {
                $0.headers = [.init(name: "Host", value: "shop.test:8443")]
            } else {
                $0.serverName = "shop.test"
            }
            $0.keyword = "sni=shop.test"
        }
        #expect(outcome.failure == nil, "\(String(describing: outcome.failure))")
        let host = byHeader ? "shop.test:8443" : target.authority
        #expect(target.requests.first?.contains("Host: \(host)\r\n") == true)
        expect(
            await (try bench()).run(target.url(scheme: "https")) { $0.serverName = "other.test" },
            .tlsHostname,
            .tls
        )
    }

    @Test func trailingDotIsKeptOnlyInTheHostField() async throws {
        let context = TLSServerContext(TestCertificate("name", issuer: Self.authority, sans: "DNS:shop.test"))
        let target = LoopbackTarget.answering(tls: context) { _, connection in
            connection.respond(body: "sni=\(connection.serverName ?? "none");")
        }
        let outcome = await (try bench()).run(target.url(scheme: "https", host: "shop.test.")) {
            $0.resolve = [.init(host: "shop.test.", port: target.port, address: "127.0.0.1")]
            $0.keyword = "sni=shop.test;"
        }
        #expect(outcome.failure == nil, "\(String(describing: outcome.failure))")
        #expect(target.requests.first?.contains("Host: shop.test.:\(target.port)\r\n") == true)
    }

    @Test func superfluousCertificatesAreIgnored() async throws {
        let old = TestCertificate("Old root", sans: nil, isAuthority: true, to: 3600)
        let between = TestCertificate("Between", issuer: Self.authority, sans: nil, isAuthority: true)
        let leaf = TestCertificate("leaf", issuer: between)
        let context = TLSServerContext(leaf, sending: [between, old])
        let target = LoopbackTarget.answering(tls: context)
        let outcome = await (try bench()).run(target.url(scheme: "https"))
        #expect(outcome.failure == nil)
        #expect(outcome.certificate?.chain.map(\.subject) == ["CN=Between"])
        let other = TestCertificate("Other CA", sans: nil, isAuthority: true).certificateFile()
        let refused = await (try bench()).run(target.url(scheme: "https")) { $0.caFile = other }
        expect(refused, .tlsUntrusted, .tls)
        #expect(refused.certificate?.chain.map(\.subject) == ["CN=Between", "CN=Old root"])
    }

    @Test func unusableClientKeyIsExplained() async throws {
        let target = target(TestCertificate("server", issuer: Self.authority), clientAuthority: Self.authority)
        let (friend, stranger) = (TestCertificate("friend", issuer: Self.authority), TestCertificate("stranger"))
        let file = friend.certificateFile()
        let bench = try bench()
        for (key, word) in [
            (friend.encryptedKeyFile(), "pass phrase"), ("/etc/hostname", "no private key"),
            (stranger.keyFile(), "belong together"),
        ] {
            let outcome = await bench.run(target.url(scheme: "https")) {
                $0.clientCertificate = file
                $0.clientKey = key
            }
            expect(outcome, .internalError, .internal)
            #expect(outcome.failure?.message.contains(word) == true, "\(String(describing: outcome.failure))")
        }
    }
}
