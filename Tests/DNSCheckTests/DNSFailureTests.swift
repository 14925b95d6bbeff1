import Base
import Checks
import DNSCheck
import TestSupport
import Testing

@Suite("Misbehaving DNS servers") struct DNSFailureTests {
    private func run(
        _ server: DNSTarget,
        _ configuration: ProbeConfiguration = ProbeConfiguration(),
        _ change: (inout DNSSettings.Options) -> Void = { _ in }
    ) async throws -> Outcome {
        await (try KindBench(DNSKind.self, configuration)).run(settings("example.test", server.address, change))
    }

    @Test("a silent server times out, however often it is queried") func silence() async throws {
        let server = DNSTarget()
        let outcome = try await run(server) {
            $0.timeout = .milliseconds(400)
            $0.queryRetries = 3
        }
        expect(outcome, .answerTimeout, .request, "timed out: no answer from \(server.address) within 400ms")
        #expect(server.questions.count == 4)
        #expect(outcome.phases.request != nil && outcome.remoteAddress == server.address && outcome.facts == nil)
    }

    @Test("a lost first query succeeds at the second") func loss() async throws {
        let counter = Locked(0)
        let box = Shared(counter)
        let server = DNSTarget(udp: { question in
            box.next() == 1 ? [] : [question.answer([.v4(192, 0, 2, 1)])]
        })
        let outcome = try await run(server) {
            $0.timeout = .seconds(2)
            $0.queryRetries = 5
        }
        #expect(outcome.isSuccess, "\(String(describing: outcome.failure))")
    }

    private final class Shared: Sendable {
        private let count: Locked<Int>
        init(_ count: consuming Locked<Int>) { self.count = count }
        func next() -> Int {
            count.withLock { count in
                count += 1
                return count
            }
        }
    }

    @Test("a missing server refuses") func refused() async throws {
        let outcome = await (try KindBench(DNSKind.self)).run(
            settings("example.test", "127.0.0.1:\(LoopbackTarget.closedPort())") { $0.queryRetries = 2 }
        )
        expect(outcome, .connectRefused, .connect, "nothing listens at 127.0.0.1:")
    }

    private static let malformed: [@Sendable (DNSQuestion) -> [UInt8]] = [
        { Array($0.bytes[0..<2]) }, { Array($0.answer([.v4(1, 2, 3, 4)]).dropLast(3)) },
        { $0.answer([DNSQuestion.Record(1, [1, 2])]) }, { $0.answer([DNSQuestion.Record(5, [0xC0, 0xFF])]) },
        { Array($0.bytes[0..<2]) + [0x80, 0x80, 0, 1, 0xFF, 0xFF, 0, 0, 0, 0] + $0.answer()[12...] },
    ]

    @Test("an invalid message is malformed", arguments: malformed.indices) func isMalformed(_ index: Int)
        async throws
    {
        let outcome = try await run(DNSTarget(udp: { [Self.malformed[index]($0)] }))
        expect(outcome, .answerMalformed, .request, "the answer ")
        #expect(outcome.evidence != nil)
    }

    /// Messages that do not answer the query, though their identifier is right.
    private static let strange: [@Sendable (DNSQuestion) -> [UInt8]] = [
        { $0.bytes },
        { question in
            var answer = question.answer([.v4(6, 6, 6, 6)])
            answer[13] ^= 1
            return answer
        },
        { question in
            var answer = question.answer([.v4(6, 6, 6, 6)])
            answer[5] = 0
            return answer
        },
    ]

    @Test("an answer to another question is reported at the end", arguments: strange.indices) func isStrange(
        _ index: Int
    )
        async throws
    {
        let outcome = try await run(DNSTarget(udp: { [Self.strange[index]($0)] })) { $0.timeout = .milliseconds(300) }
        expect(outcome, .answerMalformed, .request)
    }

    @Test("forged answers do not replace the right one", arguments: strange.indices) func forged(_ index: Int)
        async throws
    {
        let server = DNSTarget(udp: { question in
            var foreign = question.answer([.v4(6, 6, 6, 6)])
            foreign[0] ^= 0xFF
            return [
                foreign, Self.strange[index](question), [], question.answer([.v4(192, 0, 2, 1)]),
                question.answer([.v4(6, 6, 6, 6)]),
            ]
        })
        let bench = try KindBench(DNSKind.self)
        for _ in 0..<20 {
            let outcome = await bench.run(settings("example.test", server.address) { $0.answers = ["192.0.2.1"] })
            #expect(outcome.isSuccess, "\(String(describing: outcome.failure))")
        }
    }

    @Test("a server without EDNS is queried again without it", arguments: [1, 4] as [UInt16]) func noEDNS(
        _ code: UInt16
    )
        async throws
    {
        let server = DNSTarget(udp: { question in
            [question.hasEDNS ? question.answer(code: code) : question.answer([.v4(192, 0, 2, 1)])]
        })
        let outcome = try await run(server)
        #expect(outcome.isSuccess, "\(String(describing: outcome.failure))")
        #expect(server.questions.map(\.hasEDNS) == [true, false])
    }

    private static let table: [String: TestNameServer.Answer] = [
        "ns.test": .addresses(v4: [[127, 0, 0, 1]]), "none.test": .addresses(), "fail.test": .code(2),
        "refuse.test": .code(5),
        "silent.test": .silence, "meta.test": .addresses(v4: [[169, 254, 169, 254]]),
    ]

    private static let names: [(String, Reason, Phase)] = [
        ("nowhere.test", .dnsNXDomain, .dns), ("none.test", .dnsNoAddress, .dns), ("fail.test", .dnsServfail, .dns),
        ("refuse.test", .dnsRefused, .dns), ("silent.test", .dnsTimeout, .dns), ("meta.test", .policyBlocked, .policy),
    ]

    @Test("a server name without an address is reported", arguments: names)
    func name(_ server: String, _ reason: Reason, _ phase: Phase) async throws {
        let resolver = TestNameServer(Self.table)
        let bench = try KindBench(DNSKind.self, ProbeConfiguration(resolver: resolver.address))
        for transport in DNSSettings.Transport.allCases {
            let outcome = await bench.run(
                settings("example.test", server) {
                    $0.transport = transport
                    $0.timeout = .milliseconds(reason == .dnsTimeout ? 300 : 60_000)
                }
            )
            expect(outcome, reason, phase)
            #expect(outcome.phases.dns != nil && outcome.phases.request == nil)
        }
    }

    @Test("a server can be given by name") func namedServer() async throws {
        let resolver = TestNameServer(Self.table)
        let server = DNSTarget.answering { $0.answer([.v4(192, 0, 2, 1)]) }
        let bench = try KindBench(DNSKind.self, ProbeConfiguration(resolver: resolver.address))
        let outcome = await bench.run(settings("example.test", "ns.test:\(server.port)"))
        #expect(outcome.isSuccess, "\(String(describing: outcome.failure))")
        #expect(outcome.phases.dns != nil && outcome.remoteAddress == server.address)
    }

    private static let blocked = [
        "169.254.169.254", "169.254.1.1:53", "[fe80::1]:53", "0.0.0.0", "224.0.0.251:5353",
        "[::ffff:169.254.169.254]:53",
    ]

    @Test(
        "link-local, metadata and multicast servers are never queried",
        arguments: blocked,
        DNSSettings.Transport.allCases
    )
    func policy(_ server: String, _ transport: DNSSettings.Transport) async throws {
        let outcome = await (try KindBench(DNSKind.self)).run(
            settings("example.test", server) { $0.transport = transport }
        )
        expect(outcome, .policyBlocked, .policy)
        #expect(outcome.remoteAddress == nil && outcome.facts == nil)
    }

    @Test(
        "loopback and private servers are not queried if the policy forbids them",
        arguments: DNSSettings.Transport.allCases
    )
    func privatePolicy(_ transport: DNSSettings.Transport) async throws {
        let configuration = ProbeConfiguration(addressPolicy: AddressPolicy(denyPrivate: true))
        let server = DNSTarget.answering { $0.answer([.v4(192, 0, 2, 1)]) }
        expect(try await run(server, configuration) { $0.transport = transport }, .policyBlocked, .policy)
        #expect(server.questions.isEmpty && server.connectionCount == 0)
        let bench = try KindBench(DNSKind.self, configuration)
        for host in ["10.0.0.53", "192.168.1.1:53", "[fd00::1]:53"] {
            expect(
                await bench.run(settings("example.test", host) { $0.transport = transport }),
                .policyBlocked,
                .policy
            )
        }
        let several = await bench.run(
            settings("example.test") {
                $0.servers = [server.address]
                $0.transport = transport
            }
        )
        expect(several, .policyBlocked, .policy)
    }

    @Test("the configured server is not subject to the policy", arguments: [DNSSettings.Transport.udp, .tcp])
    func operatorsServer(_ transport: DNSSettings.Transport) async throws {
        let server = DNSTarget.answering { $0.answer([.v4(192, 0, 2, 1)]) }
        let configuration = ProbeConfiguration(
            resolver: server.address,
            addressPolicy: AddressPolicy(denyPrivate: true)
        )
        let outcome = await (try KindBench(DNSKind.self, configuration)).run(
            settings("example.test") { $0.transport = transport }
        )
        #expect(outcome.isSuccess, "\(String(describing: outcome.failure))")
    }

    @Test("a cancelled check ends at once", arguments: [false, true]) func cancelled(_ all: Bool) async throws {
        let bench = try KindBench(DNSKind.self)
        let server = DNSTarget()
        let outcome = await bench.runCancelled(settings("example.test", server.address), all: all)
        expect(outcome, .internalError, .internal)
        #expect(await bench.runningCount == 0)
    }

    @Test("many checks share few sockets without mixing answers") func many() async throws {
        let server = DNSTarget.answering { question in
            let number = UInt8(question.name.dropFirst().prefix { $0 != "." }) ?? 0
            return question.answer([.v4(192, 0, 2, number)])
        }
        let bench = try KindBench(DNSKind.self)
        let outcomes = await withTaskGroup(of: Outcome.self) { group in
            for number in 0..<250 {
                let settings = settings("n\(number).test", server.address) {
                    $0.answers = ["192.0.2.\(number)"]
                    $0.queryRetries = 5
                }
                group.addTask { await bench.run(settings) }
            }
            return await group.reduce(into: [Outcome]()) { $0.append($1) }
        }
        #expect(
            outcomes.filter(\.isSuccess).count == 250,
            "\(String(describing: outcomes.first { !$0.isSuccess }?.failure))"
        )
        #expect(await bench.registrationCount <= 8)
        await bench.close()
        #expect(await eventually { await bench.registrationCount == 0 })
    }
}
