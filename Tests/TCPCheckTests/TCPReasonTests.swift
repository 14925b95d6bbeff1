import Base
import Checks
import Runtime
import Sockets
import TCPCheck
import TestSupport
import Testing

/// Every reason of the kind, caused by a target that misbehaves.
@Suite("Reasons of TCP checks") struct TCPReasonTests {
    @Test("an accepted connection is a success without steps") func success() async throws {
        let target = LoopbackTarget { $0.waitForClose() }
        let outcome = await (try TCPBench()).run(target.port)
        #expect(outcome.isSuccess && outcome.remoteAddress == target.authority)
        #expect(outcome.phases.connect != nil && outcome.phases.tls == nil && outcome.phases.request == nil)
        #expect(outcome.evidence == nil && outcome.certificate == nil)
    }

    static let lookups: [(TestNameServer.Answer, Reason)] = [
        (.code(3), .dnsNXDomain), (.code(2), .dnsServfail), (.code(5), .dnsRefused), (.silence, .dnsTimeout),
        (.addresses(), .dnsNoAddress),
    ]

    @Test("a name that cannot be looked up", arguments: 0..<lookups.count) func names(_ index: Int) async throws {
        let (answer, reason) = Self.lookups[index]
        let server = TestNameServer(["name.test": answer])
        let outcome = await (try TCPBench()).run("name.test", 1) {
            $0.resolver = server.address
            if reason == .dnsTimeout { $0.timeout = .milliseconds(150) }
        }
        expect(outcome, reason, .dns)
        #expect(outcome.phases.dns != nil)
    }

    @Test("a connection that cannot be made") func connecting() async throws {
        let bench = try TCPBench()
        let refused = await bench.run(LoopbackTarget.closedPort())
        expect(refused, .connectRefused, .connect)
        #expect(refused.phases.connect != nil && refused.remoteAddress != nil)
        let silent = SilentTarget()
        expect(await bench.run(silent.port) { $0.timeout = .milliseconds(150) }, .connectTimeout, .connect)
        // The kernel at once refuses TCP to the loopback network's broadcast address.
        expect(await bench.run("127.255.255.255", 1), .connectUnreachable, .connect)
        expect(await bench.run("169.254.169.254", 80), .policyBlocked, .policy)
        let asked = await bench.run("name.test", 80) { $0.resolver = "169.254.169.254:53" }
        expect(asked, .policyBlocked, .policy)
        #expect(await bench.bench.registrationCount == 0)
    }

    @Test("a connection that is reset while it is made") func reset() async throws {
        let bench = try TCPBench()
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

    @Test("without descriptors this side is overloaded") func overloaded() async throws {
        let bench = try TCPBench()
        let target = LoopbackTarget { $0.waitForClose() }
        let held = await bench.bench.onLoop { DescriptorShortage.begin(keeping: bench.bench) }
        #expect(!held.isEmpty)
        expect(await bench.run(target.port), .overloaded, .internal)
        await bench.bench.onLoop { DescriptorShortage.end(held) }
        #expect(await bench.run(target.port).isSuccess)
    }

    @Test("a thread without descriptors keeps no other connection open") func shortageIsItsOwn() async throws {
        let target = LoopbackTarget { connection in
            _ = connection.read()
            connection.close()
        }
        let client = try RawClient(port: target.port)
        let other = try TCPBench()
        let held = await other.bench.onLoop { DescriptorShortage.begin(keeping: other.bench) }
        #expect(!held.isEmpty)
        try client.send("end")
        #expect(try client.isClosedByServer())
        await other.bench.onLoop { DescriptorShortage.end(held) }
    }

    @Test("a cancelled check is internal") func cancelled() async throws {
        let bench = try TCPBench()
        let target = SilentTarget()
        var settings = TCPKind.blank
        settings.host = "127.0.0.1"
        settings.options.port = Int(target.port)
        expect(await bench.bench.runCancelled(settings), .internalError, .internal)
        expect(await bench.bench.runCancelled(settings, all: true), .internalError, .internal)
        #expect(await bench.bench.runningCount == 0)
        #expect(await bench.bench.registrationCount == 0)
    }

    // MARK: Answers

    @Test("silence, an end, a reset or another text in place of the expected one") func answers() async throws {
        let bench = try TCPBench()
        let silent = LoopbackTarget { $0.waitForClose() }
        let quiet = await bench.run(silent.port) {
            $0.expect = "hello"
            $0.timeout = .milliseconds(150)
        }
        expect(quiet, .answerTimeout, .request)
        #expect(quiet.phases.request != nil)
        let closing = LoopbackTarget { $0.close() }
        expect(await bench.run(closing.port) { $0.expect = "hello" }, .answerClosed, .request)
        let resetting = LoopbackTarget { connection in
            _ = connection.read()
            connection.reset()
        }
        let lost = await bench.run(resetting.port) {
            $0.send = "hello"
            $0.expect = "hello"
        }
        expect(lost, .answerClosed, .request)
        let other = LoopbackTarget { connection in
            connection.send("-ERR wrong\r\n")
            connection.close()
        }
        let wrong = await bench.run(other.port) { $0.expect = "+OK" }
        expect(wrong, .assertionAnswer, .assertion)
        #expect(wrong.evidence?.body == Array("-ERR wrong\r\n".utf8) && wrong.bodyBytes == 12)
        #expect(wrong.evidence?.headers.isEmpty == false)
        let open = LoopbackTarget { connection in
            connection.send("-ERR wrong\r\n")
            connection.waitForClose()
        }
        let late = await bench.run(open.port) {
            $0.expect = "+OK"
            $0.timeout = .milliseconds(150)
        }
        expect(late, .assertionAnswer, .assertion)
    }

    @Test("too many other bytes end the check at once") func flood() async throws {
        let target = LoopbackTarget { connection in
            let block = [UInt8](repeating: 0x78, count: 8192)
            while connection.send(block) {}
        }
        let outcome = await (try TCPBench()).run(target.port) { $0.expect = "hello" }
        expect(outcome, .assertionAnswer, .assertion)
        #expect(outcome.evidence?.body.count == Outcome.Evidence.bodyLimit)
    }

    @Test("a greeting of another protocol, and one without TLS") func startTLS() async throws {
        let bench = try TCPBench()
        let other = LoopbackTarget { connection in
            connection.send("SSH-2.0-OpenSSH_9.2\r\n")
            connection.waitForClose()
        }
        expect(await bench.run(other.port) { $0.startTLS = .smtp }, .answerMalformed, .request)
        let plain = LoopbackTarget { connection in
            connection.send("+OK ready\r\n")
            _ = connection.read()
            connection.send("-ERR unknown\r\n")
            connection.waitForClose()
        }
        expect(await bench.run(plain.port) { $0.startTLS = .pop3 }, .tlsProtocol, .tls)
        let closing = LoopbackTarget { $0.close() }
        expect(await bench.run(closing.port) { $0.startTLS = .imap }, .answerClosed, .request)
    }

    // MARK: TLS

    private func target(_ certificate: TestCertificate, client: TestCertificate? = nil) -> LoopbackTarget {
        LoopbackTarget(tls: TLSServerContext(certificate, clientAuthority: client)) { connection in
            connection.send(connection.read())
            connection.waitForClose()
        }
    }

    static let certificates: [(Reason, @Sendable () -> TestCertificate)] = [
        (.tlsExpired, { TestCertificate("old", issuer: TCPBench.authority, from: -7200, to: -3600) }),
        (.tlsNotYetValid, { TestCertificate("new", issuer: TCPBench.authority, from: 3600, to: 7200) }),
        (.tlsSelfSigned, { TestCertificate("self") }),
        (.tlsUntrusted, { TestCertificate("x", issuer: TestCertificate("Other CA", sans: nil, isAuthority: true)) }),
        (.tlsHostname, { TestCertificate("other", issuer: TCPBench.authority, sans: "DNS:other.test") }),
    ]

    @Test("an invalid certificate, also without verification", arguments: 0..<certificates.count)
    func certificate(_ index: Int) async throws {
        let (reason, make) = Self.certificates[index]
        let target = target(make())
        let bench = try TCPBench()
        let outcome = await bench.run(target.port) { $0.usesTLS = true }
        expect(outcome, reason, .tls)
        #expect(outcome.certificate?.valid == false && outcome.phases.tls != nil)
        let trusting = await bench.run(target.port) {
            $0.usesTLS = true
            $0.verifiesTLS = false
        }
        #expect(trusting.isSuccess && trusting.certificate?.valid == false)
    }

    @Test("a revoked certificate") func revoked() async throws {
        let list = TCPBench.authority.revocationFile(of: 77)
        let bench = try TCPBench(ProbeConfiguration(caFile: TCPBench.authorityFile, crlFile: list))
        let target = target(TestCertificate("revoked", issuer: TCPBench.authority, serial: 77))
        expect(await bench.run(target.port) { $0.usesTLS = true }, .tlsRevoked, .tls)
    }

    @Test("a handshake that fails") func handshakes() async throws {
        let bench = try TCPBench()
        let wanting = target(TestCertificate("server", issuer: TCPBench.authority), client: TCPBench.authority)
        expect(await bench.run(wanting.port) { $0.usesTLS = true }, .tlsClientCertificate, .tls)
        let plain = LoopbackTarget { connection in
            connection.send("220 hello\r\n")
            connection.waitForClose()
        }
        expect(await bench.run(plain.port) { $0.usesTLS = true }, .tlsProtocol, .tls)
        let closing = LoopbackTarget { connection in
            _ = connection.read()
            connection.close()
        }
        expect(await bench.run(closing.port) { $0.usesTLS = true }, .tlsHandshake, .tls)
        let silent = LoopbackTarget { $0.waitForClose() }
        let hung = await bench.run(silent.port) {
            $0.usesTLS = true
            $0.timeout = .milliseconds(150)
        }
        expect(hung, .tlsTimeout, .tls)
        expect(
            await bench.run(silent.port) {
                $0.usesTLS = true
                $0.caFile = "/nonexistent.pem"
            },
            .internalError,
            .internal
        )
    }
}
