import Base
import Domain
import HTTPClient
import HTTPCheck
import TestSupport
import Testing

/// Results of name resolution.
@Suite struct ResolveTests {
    static let table: [String: TestNameServer.Answer] = [
        "four.test": .addresses(v4: [[127, 0, 0, 1]]),
        "six.test": .addresses(v6: [[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]]),
        "none.test": .addresses(),
        "fail.test": .code(2),
        "refuse.test": .code(5),
        "silent.test": .silence,
        "half.test": .onlyV4([127, 0, 0, 1]),
        "meta.test": .addresses(v4: [[169, 254, 169, 254]]),
        "xn--bcher-kva.test": .addresses(v4: [[127, 0, 0, 1]]),
    ]

    @Test(arguments: [
        ("nowhere.test", Reason.dnsNXDomain), ("none.test", .dnsNoAddress), ("fail.test", .dnsServfail),
        ("refuse.test", .dnsRefused), ("silent.test", .dnsTimeout), ("six.test", .dnsNoAddress),
        (String(repeating: "a", count: 64) + ".test", .dnsNXDomain),
        ((0..<60).map { _ in "abcd" }.joined(separator: "."), .dnsNXDomain), ("a..test", .dnsNXDomain),
    ])
    func failureIsNamed(_ name: String, _ reason: Reason) async throws {
        let server = TestNameServer(Self.table)
        let outcome = await (try ProbeBench()).run("http://\(name)/") {
            $0.resolver = server.address
            $0.timeout = .milliseconds(400)
            $0.ipVersion = .v4
        }
        expect(outcome, reason, .dns)
        #expect(outcome.phases.dns != nil && outcome.phases.connect == nil)
    }

    @Test(arguments: [HTTPSettings.IPVersion.any, .v4]) func reasonDoesNotDependOnTheFamily(
        _ version: HTTPSettings.IPVersion
    )
        async throws
    {
        let server = TestNameServer(Self.table)
        let bench = try ProbeBench(ProbeConfiguration(resolver: server.address))
        expect(await bench.run("http://nowhere.test/") { $0.ipVersion = version }, .dnsNXDomain, .dns)
        expect(await bench.run("http://none.test/") { $0.ipVersion = version }, .dnsNoAddress, .dns)
        expect(await bench.run("http://fail.test/") { $0.ipVersion = version }, .dnsServfail, .dns)
        expect(await bench.run("http://refuse.test/") { $0.ipVersion = version }, .dnsRefused, .dns)
    }

    @Test func closedNameServerPortIsRefused() async throws {
        let bench = try ProbeBench(ProbeConfiguration(resolver: "127.0.0.1:\(LoopbackTarget.closedPort())"))
        expect(await bench.run("http://four.test/"), .dnsRefused, .dns)
    }

    @Test(arguments: ["nonsense", "127.0.0.1:99999", "localhost:53", "127.0.0.1:53,127.0.0.2:53", ""])
    func badServerIsInternal(_ server: String) async throws {
        let outcome = await (try ProbeBench()).run("http://four.test/") { $0.resolver = server.isEmpty ? "," : server }
        expect(outcome, .internalError, .internal)
    }

    @Test(arguments: ["four.test", "FOUR.test", "bücher.test"]) func nameIsResolvedAndTimed(_ name: String) async throws
    {
        let (server, target) = (TestNameServer(Self.table), LoopbackTarget.answering())
        let outcome = await (try ProbeBench()).run(target.url(host: name)) { $0.resolver = server.address }
        #expect(outcome.isSuccess, "\(String(describing: outcome.failure))")
        #expect(try #require(outcome.phases.dns) > .zero)
        let sum = [outcome.phases.dns, outcome.phases.connect, outcome.phases.firstByte, outcome.phases.transfer]
        #expect(sum.compactMap { $0 }.count == 4)
        #expect(sum.compactMap { $0 }.reduce(.zero, +) <= outcome.latency)
        if name == "four.test" {
            #expect(target.requests.first?.contains("Host: four.test:\(target.port)\r\n") == true)
        }
    }

    @Test func oneFamilyIsEnough() async throws {
        let (server, target) = (TestNameServer(Self.table), LoopbackTarget.answering())
        func isInTime(_ outcome: Outcome) -> Bool {
            outcome.phases.dns.map { $0 >= .milliseconds(45) && $0 < .seconds(3) } ?? false
        }
        let outcome = try await ProbeBench.timed(
            target.url(host: "half.test"),
            ProbeConfiguration(),
            { $0.resolver = server.address },
            where: isInTime
        )
        #expect(outcome.isSuccess, "\(String(describing: outcome.failure))")
        #expect(isInTime(outcome), "\(outcome.phases)")
    }

    @Test func answersAreNotCached() async throws {
        let (server, target) = (TestNameServer(Self.table), LoopbackTarget.answering())
        let bench = try ProbeBench(ProbeConfiguration(resolver: server.address))
        for _ in 0..<3 { #expect(await bench.run(target.url(host: "four.test")) { $0.ipVersion = .v4 }.isSuccess) }
        #expect(server.questions.count == 3)
    }

    @Test func resolvedAddressMustObeyThePolicy() async throws {
        let server = TestNameServer(Self.table)
        let outcome = await (try ProbeBench()).run("http://meta.test/") { $0.resolver = server.address }
        expect(outcome, .policyBlocked, .policy)
        #expect(outcome.remoteAddress == nil)
    }

    @Test(arguments: [
        "169.254.169.254", "169.254.169.254:80", "[fe80::1]:53", "[::ffff:169.254.169.254]:53", "0.0.0.0:53",
        "[::]:53", "224.0.0.251:5353", "255.255.255.255:53", "[fd00:ec2::254]:53",
    ])
    func nameServersMustObeyThePolicy(_ resolver: String) async throws {
        let outcome = await (try ProbeBench()).run("http://four.test/") { $0.resolver = resolver }
        expect(outcome, .policyBlocked, .policy)
        #expect(outcome.phases.dns == nil)
    }

    @Test func privateNameServersAreRefusedIfPrivateAddressesAre() async throws {
        let server = TestNameServer(Self.table)
        let policy = AddressPolicy(denyPrivate: true)
        let bench = try ProbeBench(ProbeConfiguration(addressPolicy: policy))
        for resolver in [server.address, "10.0.0.1:53", "192.168.1.1", "[::1]:53", "[fd12::1]:53"] {
            let outcome = await bench.run("http://four.test/") { $0.resolver = resolver }
            expect(outcome, .policyBlocked, .policy)
        }
        #expect(server.questions.isEmpty)
        // The operator's own name server is queried; its answers are then subject to the policy.
        let own = try ProbeBench(ProbeConfiguration(resolver: server.address, addressPolicy: policy))
        expect(await own.run("http://nowhere.test/"), .dnsNXDomain, .dns)
    }

    @Test func overrideSkipsResolution() async throws {
        let (server, target) = (TestNameServer(Self.table), LoopbackTarget.answering())
        let outcome = await (try ProbeBench()).run(target.url(host: "nowhere.test")) {
            $0.resolver = server.address
            $0.resolve = [.init(host: "nowhere.test", port: target.port, address: "127.0.0.1")]
        }
        #expect(outcome.isSuccess)
        #expect(outcome.phases.dns == nil && server.questions.isEmpty)
        #expect(target.requests.first?.contains("Host: nowhere.test:\(target.port)\r\n") == true)
    }

    @Test func localhostNeedsNoNameServer() async throws {
        let target = LoopbackTarget.answering()
        #expect(await (try ProbeBench()).run(target.url(host: "localhost")) { $0.resolver = "127.0.0.1:1" }.isSuccess)
    }
}
