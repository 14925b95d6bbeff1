import Base
import Checks
import Runtime
import Sockets
import TLSCheck
import TestSupport
import Testing

/// The reasons that need no certificate, caused by a target that misbehaves.
@Suite("Reasons of TLS checks") struct TLSReasonTests {
    static let lookups: [(TestNameServer.Answer, Reason)] = [
        (.code(3), .dnsNXDomain), (.code(2), .dnsServfail), (.code(5), .dnsRefused), (.silence, .dnsTimeout),
        (.addresses(), .dnsNoAddress),
    ]

    @Test("a name that cannot be looked up", arguments: 0..<lookups.count) func names(_ index: Int) async throws {
        let (answer, reason) = Self.lookups[index]
        let server = TestNameServer(["name.test": answer])
        let outcome = await (try TLSBench()).run(1, host: "name.test") {
            $0.resolver = server.address
            if reason == .dnsTimeout { $0.timeout = .milliseconds(150) }
        }
        expect(outcome, reason, .dns)
    }

    @Test("a connection that cannot be made") func connecting() async throws {
        let bench = try TLSBench()
        expect(await bench.run(LoopbackTarget.closedPort()), .connectRefused, .connect)
        let silent = SilentTarget()
        expect(await bench.run(silent.port) { $0.timeout = .milliseconds(150) }, .connectTimeout, .connect)
        expect(await bench.run(1, host: "127.255.255.255"), .connectUnreachable, .connect)
        expect(await bench.run(80, host: "169.254.169.254"), .policyBlocked, .policy)
        let held = await bench.bench.onLoop { DescriptorShortage.begin(keeping: bench.bench) }
        expect(await bench.run(80), .overloaded, .internal)
        await bench.bench.onLoop { DescriptorShortage.end(held) }
    }

    @Test("a connection that is reset while it is made") func reset() async throws {
        let bench = try TLSBench()
        var outcome = Outcome(latency: .zero)
        for _ in 0..<20 where outcome.failure?.reason != .connectReset {
            let target = SilentTarget()
            async let running = bench.run(target.port)
            await eventually { await bench.bench.registrationCount > 0 }
            // The loop is busy until the reset has arrived.
            bench.bench.loop.execute {
                target.startResetting()
                usleepMilliseconds(1300)
            }
            outcome = await running
        }
        expect(outcome, .connectReset, .connect)
    }

    @Test("a target with another protocol, or that hangs up") func startTLS() async throws {
        let bench = try TLSBench()
        let silent = LoopbackTarget { $0.waitForClose() }
        let hung = await bench.run(silent.port) {
            $0.startTLS = .smtp
            $0.timeout = .milliseconds(150)
        }
        expect(hung, .answerTimeout, .request)
        let closing = LoopbackTarget { $0.close() }
        expect(await bench.run(closing.port) { $0.startTLS = .postgres }, .answerClosed, .request)
        let other = LoopbackTarget { connection in
            connection.send("SSH-2.0\r\n")
            connection.waitForClose()
        }
        expect(await bench.run(other.port) { $0.startTLS = .imap }, .answerMalformed, .request)
    }

    @Test("a target without a certificate is down, verified or not", arguments: [true, false])
    func anonymous(_ verifies: Bool) async throws {
        let target = TLSBench.target(nil, version: 0x0303, isWeak: true)
        let outcome = await (try TLSBench()).run(target.port) {
            $0.verifiesTLS = verifies
            $0.names = ["shop.test"]
        }
        expect(outcome, .tlsHandshake, .tls)
        #expect(outcome.failure?.message.contains("or has no certificate") == true)
        #expect(outcome.facts == nil && outcome.certificate == nil)
    }

    static let certificates: [(Reason, @Sendable () -> TestCertificate)] = [
        (.tlsExpired, { TestCertificate("old", issuer: TLSBench.authority, from: -7200, to: -3600) }),
        (.tlsNotYetValid, { TestCertificate("new", issuer: TLSBench.authority, from: 3600, to: 7200) }),
        (.tlsSelfSigned, { TestCertificate("self") }),
        (.tlsUntrusted, { TestCertificate("x", issuer: TestCertificate("Other CA", sans: nil, isAuthority: true)) }),
        (.tlsHostname, { TestCertificate("other", issuer: TLSBench.authority, sans: "DNS:other.test") }),
        (.tlsHostname, { TestCertificate("127.0.0.1", issuer: TLSBench.authority, sans: nil) }),
        (.tlsUntrusted, { TestCertificate("weak", issuer: TLSBench.authority, rsaBits: 1024) }),
        (.tlsUntrusted, { TestCertificate("sha1", issuer: TLSBench.authority, isSHA1: true) }),
    ]

    @Test("an invalid certificate", arguments: 0..<certificates.count) func certificate(_ index: Int) async throws {
        let (reason, make) = Self.certificates[index]
        let target = TLSBench.target(make(), isWeak: true)
        let outcome = await (try TLSBench()).run(target.port)
        expect(outcome, reason, .tls)
        #expect(outcome.certificate?.valid == false && outcome.certificate?.problem != nil)
    }

    @Test("a revoked certificate") func revoked() async throws {
        let list = TLSBench.authority.revocationFile(of: 77)
        let bench = try TLSBench(ProbeConfiguration(caFile: TLSBench.authorityFile, crlFile: list))
        let target = TLSBench.target(TestCertificate("revoked", issuer: TLSBench.authority, serial: 77))
        expect(await bench.run(target.port), .tlsRevoked, .tls)
    }

    @Test("a handshake that fails") func handshakes() async throws {
        let bench = try TLSBench()
        let server = TestCertificate("server", issuer: TLSBench.authority)
        let wanting = TLSBench.target(server, client: TLSBench.authority)
        expect(await bench.run(wanting.port), .tlsClientCertificate, .tls)
        let plain = LoopbackTarget { connection in
            connection.send("220 hello\r\n")
            connection.waitForClose()
        }
        expect(await bench.run(plain.port), .tlsProtocol, .tls)
        let closing = LoopbackTarget { connection in
            _ = connection.read()
            connection.close()
        }
        expect(await bench.run(closing.port), .tlsHandshake, .tls)
        let silent = LoopbackTarget { $0.waitForClose() }
        expect(await bench.run(silent.port) { $0.timeout = .milliseconds(150) }, .tlsTimeout, .tls)
        expect(await bench.run(silent.port) { $0.caFile = "/nonexistent.pem" }, .internalError, .internal)
    }
}
