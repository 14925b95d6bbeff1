import Base
import Checks
import DNSCheck
import TestSupport
import Testing

@Suite("DNS over TCP and TLS") struct DNSStreamTests {
    private static let answer: @Sendable (DNSQuestion) -> [UInt8] = { $0.answer([.v4(192, 0, 2, 1)]) }

    private func run(
        _ server: DNSTarget,
        _ transport: DNSSettings.Transport,
        _ configuration: ProbeConfiguration = ProbeConfiguration(),
        _ change: (inout DNSSettings.Options) -> Void = { _ in }
    ) async throws -> Outcome {
        await (try KindBench(DNSKind.self, configuration)).run(
            settings("example.test", server.address) {
                $0.transport = transport
                change(&$0)
            }
        )
    }

    @Test("a query over TCP has the phases of a connection") func tcp() async throws {
        let server = DNSTarget.answering(Self.answer)
        let outcome = try await run(server, .tcp)
        #expect(outcome.isSuccess, "\(String(describing: outcome.failure))")
        #expect(outcome.facts?["transport"] == "tcp" && outcome.remoteAddress == server.address)
        #expect(outcome.phases.connect != nil && outcome.phases.request != nil && outcome.phases.tls == nil)
        #expect(server.questions.isEmpty && server.connectionCount == 1)
    }

    @Test("a large answer may arrive byte by byte") func large() async throws {
        let server = DNSTarget(tcp: { connection in
            guard let question = connection.readQuestion() else { return }
            let answer = question.answer((0..<900).map { .v4(10, 0, UInt8($0 / 256), UInt8($0 % 256)) })
            let bytes = [UInt8(answer.count >> 8), UInt8(answer.count & 255)] + answer
            for index in 0..<30 { connection.send(Array(bytes[index..<index + 1])) }
            connection.send(Array(bytes[30...]))
            connection.waitForClose()
        })
        let outcome = try await run(server, .tcp) { $0.minimumAnswers = 100 }
        #expect(outcome.isSuccess, "\(String(describing: outcome.failure))")
        #expect(outcome.facts?["answers"]?.arrayValue?.count == 50)
    }

    @Test("a truncated answer over UDP is followed by TCP") func truncated() async throws {
        let server = DNSTarget(udp: { [$0.answer(flags: 0x0200)] }) { connection in
            while let question = connection.readQuestion() { connection.send(message: Self.answer(question)) }
        }
        let outcome = try await run(server, .udp)
        #expect(outcome.isSuccess, "\(String(describing: outcome.failure))")
        #expect(outcome.facts?["transport"] == "tcp" && outcome.facts?["flags"] == ["tc", "ra"])
        #expect(outcome.phases.connect != nil && server.questions.count == 1 && server.connectionCount == 1)
    }

    private static let broken: [(Reason, Phase, @Sendable (TargetConnection) -> Void)] = [
        (
            .answerClosed, .request,
            { connection in
                _ = connection.readQuestion()
                connection.close()
            }
        ),
        (
            .answerClosed, .request,
            { connection in
                _ = connection.readQuestion()
                connection.send([0, 100, 1, 2])
                connection.close()
            }
        ),
        (
            .answerClosed, .request,
            { connection in
                _ = connection.readQuestion()
                connection.reset()
            }
        ),
        (
            .answerTimeout, .request,
            { connection in
                _ = connection.readQuestion()
                connection.send([0, 100, 1, 2])
                connection.waitForClose()
            }
        ),
        (
            .answerMalformed, .request,
            { connection in
                _ = connection.readQuestion()
                connection.send([0, 4, 1, 2, 3, 4])
                connection.waitForClose()
            }
        ),
        (
            .answerMalformed, .request,
            { connection in
                guard var answer = connection.readQuestion().map(Self.answer) else { return }
                answer[0] ^= 0xFF
                connection.send(message: answer)
                connection.waitForClose()
            }
        ),
        (
            .answerMalformed, .request,
            { connection in
                guard let question = connection.readQuestion() else { return }
                connection.send(message: question.answer(flags: 0x0200))
                connection.waitForClose()
            }
        ),
        (
            .answerMalformed, .request,
            { connection in
                _ = connection.readQuestion()
                connection.send([0, 0])
                connection.waitForClose()
            }
        ),
    ]

    @Test("an invalid answer is reported", arguments: broken.indices) func isBroken(_ index: Int) async throws {
        let (reason, phase, handler) = Self.broken[index]
        let outcome = try await run(DNSTarget(tcp: handler), .tcp) {
            $0.timeout = reason == .answerTimeout ? .milliseconds(300) : .seconds(60)
        }
        expect(outcome, reason, phase)
    }

    @Test("a closed port is refused", arguments: [DNSSettings.Transport.tcp, .tls]) func refused(
        _ transport: DNSSettings.Transport
    )
        async throws
    {
        let outcome = await (try KindBench(DNSKind.self)).run(
            settings("example.test", "127.0.0.1:\(LoopbackTarget.closedPort())") { $0.transport = transport }
        )
        expect(outcome, .connectRefused, .connect)
    }

    // MARK: TLS

    private static let authority = TestCertificate("authority", isAuthority: true)

    private func configuration() -> ProbeConfiguration { ProbeConfiguration(caFile: Self.authority.certificateFile()) }

    @Test("a query over TLS has the certificate") func tls() async throws {
        let certificate = TestCertificate("localhost", issuer: Self.authority)
        let server = DNSTarget.answering(tls: TLSServerContext(certificate), Self.answer)
        let outcome = try await run(server, .tls, configuration())
        #expect(outcome.isSuccess, "\(String(describing: outcome.failure))")
        #expect(outcome.facts?["transport"] == "tls" && outcome.phases.tls != nil)
        #expect(outcome.certificate?.valid == true)
    }

    @Test("the certificate must be valid for the server") func certificates() async throws {
        let other = DNSTarget.answering(
            tls: TLSServerContext(TestCertificate("x", issuer: Self.authority, sans: "DNS:dns.example")),
            Self.answer
        )
        expect(try await run(other, .tls, configuration()), .tlsHostname, .tls)
        let named = try await run(other, .tls, configuration()) { $0.serverName = "dns.example" }
        #expect(named.isSuccess, "\(String(describing: named.failure))")
        let unverified = try await run(other, .tls, configuration()) { $0.verifiesTLS = false }
        #expect(unverified.isSuccess && unverified.certificate?.valid == false)
        let lone = DNSTarget.answering(tls: TLSServerContext(TestCertificate("localhost")), Self.answer)
        expect(try await run(lone, .tls, configuration()), .tlsSelfSigned, .tls)
        let old = TestCertificate("localhost", issuer: Self.authority, from: -7200, to: -3600)
        expect(
            try await run(DNSTarget.answering(tls: TLSServerContext(old), Self.answer), .tls, configuration()),
            .tlsExpired,
            .tls
        )
    }

    @Test("a server without TLS is reported") func clear() async throws {
        let server = DNSTarget(tcp: { connection in
            _ = connection.read()
            connection.send("nonsense, at some length")
            connection.waitForClose()
        })
        expect(try await run(server, .tls, configuration()), .tlsProtocol, .tls)
        let silent = DNSTarget(tcp: { $0.waitForClose() })
        expect(try await run(silent, .tls, configuration()) { $0.timeout = .milliseconds(300) }, .tlsTimeout, .tls)
    }
}
