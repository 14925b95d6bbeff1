import Base
import Checks
import DNSCheck
import Runtime
import TestSupport
import Testing

/// The reasons of a connection to a name server, caused by servers that misbehave.
@Suite("Reasons of DNS checks") struct DNSReasonTests {
    private static let authority = TestCertificate("authority", isAuthority: true)
    private static let authorityFile = authority.certificateFile()
    private static let answer: @Sendable (DNSQuestion) -> [UInt8] = { $0.answer([.v4(192, 0, 2, 1)]) }

    private func run(
        _ server: String,
        _ transport: DNSSettings.Transport = .tcp,
        crlFile: String? = nil,
        _ change: (inout DNSSettings.Options) -> Void = { _ in }
    ) async throws -> Outcome {
        var configuration = ProbeConfiguration(caFile: Self.authorityFile)
        configuration.crlFile = crlFile
        return await (try KindBench(DNSKind.self, configuration)).run(
            settings("example.test", server) {
                $0.transport = transport
                change(&$0)
            }
        )
    }

    @Test("a server that cannot be connected to") func connecting() async throws {
        let silent = SilentTarget()
        let hung = try await run("127.0.0.1:\(silent.port)") { $0.timeout = .milliseconds(150) }
        expect(hung, .connectTimeout, .connect)
        // The kernel at once refuses the loopback network's broadcast address.
        for transport in DNSSettings.Transport.allCases {
            expect(try await run("127.255.255.255:53", transport), .connectUnreachable, .connect)
        }
    }

    @Test("a connection that is reset while it is made") func reset() async throws {
        let bench = try KindBench(DNSKind.self)
        var outcome = Outcome(latency: .zero)
        for _ in 0..<20 where outcome.failure?.reason != .connectReset {
            let target = SilentTarget()
            async let running = bench.run(settings("example.test", "127.0.0.1:\(target.port)") { $0.transport = .tcp })
            await eventually { await bench.registrationCount > 0 }
            // The loop is busy until the reset has arrived.
            bench.loop.execute {
                target.startResetting()
                usleepMilliseconds(1300)
            }
            outcome = await running
        }
        expect(outcome, .connectReset, .connect)
    }

    @Test("without descriptors this side is overloaded", arguments: DNSSettings.Transport.allCases)
    func overloaded(_ transport: DNSSettings.Transport) async throws {
        let bench = try KindBench(DNSKind.self)
        let server = DNSTarget.answering(Self.answer)
        let held = await bench.onLoop { DescriptorShortage.begin(keeping: bench) }
        #expect(!held.isEmpty)
        let outcome = await bench.run(settings("example.test", server.address) { $0.transport = transport })
        await bench.onLoop { DescriptorShortage.end(held) }
        expect(outcome, .overloaded, .internal)
    }

    private static let certificates: [(Reason, @Sendable () -> TestCertificate)] = [
        (.tlsExpired, { TestCertificate("old", issuer: authority, from: -7200, to: -3600) }),
        (.tlsNotYetValid, { TestCertificate("new", issuer: authority, from: 3600, to: 7200) }),
        (.tlsSelfSigned, { TestCertificate("self") }),
        (.tlsUntrusted, { TestCertificate("x", issuer: TestCertificate("Other CA", sans: nil, isAuthority: true)) }),
        (.tlsHostname, { TestCertificate("other", issuer: authority, sans: "DNS:other.test") }),
    ]

    @Test("an invalid certificate", arguments: certificates.indices) func certificate(_ index: Int) async throws {
        let (reason, make) = Self.certificates[index]
        let server = DNSTarget.answering(tls: TLSServerContext(make()), Self.answer)
        expect(try await run(server.address, .tls), reason, .tls)
    }

    @Test("a revoked certificate") func revoked() async throws {
        let certificate = TestCertificate("revoked", issuer: Self.authority, serial: 77)
        let server = DNSTarget.answering(tls: TLSServerContext(certificate), Self.answer)
        let list = Self.authority.revocationFile(of: 77)
        expect(try await run(server.address, .tls, crlFile: list), .tlsRevoked, .tls)
    }

    @Test("a handshake that fails") func handshakes() async throws {
        let certificate = TestCertificate("server", issuer: Self.authority)
        let context = TLSServerContext(certificate, clientAuthority: Self.authority)
        let wanting = DNSTarget.answering(tls: context, Self.answer)
        expect(try await run(wanting.address, .tls), .tlsClientCertificate, .tls)
        let closing = DNSTarget(tcp: { connection in
            _ = connection.read()
            connection.close()
        })
        expect(try await run(closing.address, .tls), .tlsHandshake, .tls)
    }
}
