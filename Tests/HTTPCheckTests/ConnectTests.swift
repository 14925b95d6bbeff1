import Base
import Domain
import HTTPClient
import HTTPCheck
import Runtime
import TestSupport
import Testing

/// Failures to connect.
@Suite struct ConnectTests {
    @Test func refusedConnectionIsNamed() async throws {
        let port = LoopbackTarget.closedPort()
        let outcome = await (try ProbeBench()).run("http://127.0.0.1:\(port)/")
        expect(outcome, .connectRefused, .connect)
        #expect(outcome.phases.connect != nil && outcome.phases.firstByte == nil && outcome.statusCode == nil)
        #expect(outcome.remoteAddress == "127.0.0.1:\(port)")
    }

    @Test(arguments: [false, true]) func connectTimeoutIsNamed(_ byConnectLimit: Bool) async throws {
        let target = SilentTarget()
        func isOnTime(_ outcome: Outcome) -> Bool {
            guard let connect = outcome.phases.connect else { return false }
            return connect >= .milliseconds(190) && outcome.latency < .milliseconds(700)
        }
        let outcome = try await ProbeBench.timed(
            "http://127.0.0.1:\(target.port)/",
            ProbeConfiguration(),
            { if byConnectLimit { $0.connectTimeout = .milliseconds(200) } else { $0.timeout = .milliseconds(200) } },
            where: isOnTime
        )
        expect(outcome, .connectTimeout, .connect)
        #expect(outcome.latency >= .milliseconds(199))
        #expect(isOnTime(outcome), "\(outcome.phases)")
    }

    /// The connection is accepted late, and reset while the loop is busy.
    @Test func resetConnectionIsNamed() async throws {
        let bench = try ProbeBench()
        let stall = Stall(bench.loop)
        var outcome = Outcome(latency: .zero)
        for _ in 0..<5 where outcome.failure?.reason != .connectReset {
            let target = SilentTarget()
            async let running = bench.run("http://127.0.0.1:\(target.port)/")
            await eventually { await bench.registrations() > 0 }
            stall.go()
            target.startResetting()
            outcome = await running
        }
        stall.end()
        expect(outcome, .connectReset, .connect)
        #expect(outcome.phases.firstByte == nil)
    }

    /// Keeps a loop busy for 20 ms at a time, so that it handles events late.
    private final class Stall: Sendable {
        private let loop: EventLoop
        private let isDone = Locked(false)

        init(_ loop: EventLoop) { self.loop = loop }

        func go() {
            loop.execute { [self] in
                TestClock.wait(milliseconds: 20)
                if !isDone.withLock({ $0 }) { go() }
            }
        }

        func end() { isDone.withLock { $0 = true } }
    }

    @Test func connectLimitDoesNotApplyAfterConnecting() async throws {
        let target = LoopbackTarget.answering { _, connection in
            TestClock.wait(milliseconds: 250)
            connection.respond()
        }
        #expect(await (try ProbeBench()).run(target.url()) { $0.connectTimeout = .milliseconds(100) }.isSuccess)
    }

    @Test func unreachableHostIsNamed() async throws {
        // The kernel at once refuses TCP to the loopback network's broadcast address.
        let outcome = await (try ProbeBench()).run("http://127.255.255.255/") { $0.timeout = .seconds(1) }
        expect(outcome, .connectUnreachable, .connect)
    }

    @Test func ipv6TargetsAreChecked() async throws {
        let target = LoopbackTarget.answering(v6: true)
        let outcome = await (try ProbeBench()).run(target.url())
        #expect(outcome.isSuccess)
        #expect(outcome.remoteAddress == "[::1]:\(target.port)")
        let wrong = await (try ProbeBench()).run(target.url()) { $0.ipVersion = .v4 }
        expect(wrong, .dnsNoAddress, .dns)
    }

    static let forbidden = [
        "169.254.169.254", "169.254.1.1", "[fe80::1]", "[fd00:ec2::254]", "0.0.0.0", "[::]", "224.0.0.1", "[ff02::1]",
        "[::ffff:169.254.169.254]", "0xa9fea9fe", "2852039166", "255.255.255.255", "[64:ff9b::a9fe:a9fe]",
    ]

    @Test(arguments: forbidden) func addressPolicyBlocks(_ host: String) async throws {
        let outcome = await (try ProbeBench()).run("http://\(host):1/") { $0.timeout = .seconds(1) }
        expect(outcome, .policyBlocked, .policy)
    }

    @Test(arguments: ["127.0.0.1", "[::1]", "10.0.0.1", "[::ffff:127.0.0.1]", "localhost", "192.168.1.1", "[fd00::1]"])
    func privateAddressesCanBeBlocked(_ host: String) async throws {
        let bench = try ProbeBench(ProbeConfiguration(addressPolicy: AddressPolicy(denyPrivate: true)))
        expect(await bench.run("http://\(host):1/") { $0.timeout = .seconds(1) }, .policyBlocked, .policy)
    }

    @Test func secondAddressIsTried() async throws {
        let target = LoopbackTarget.answering()
        let server = TestNameServer([
            "two.test": .addresses(v4: [[127, 0, 0, 1]], v6: [[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]])
        ])
        let outcome = await (try ProbeBench()).run(target.url(host: "two.test")) { $0.resolver = server.address }
        #expect(outcome.isSuccess)
        #expect(outcome.remoteAddress == target.authority)
    }

    @Test(arguments: ["ftp://127.0.0.1/", "http://", "not a url", "http://a b/", "http://127.0.0.1:99999/"])
    func badURLIsInternal(_ url: String) async throws {
        expect(await (try ProbeBench()).run(url), .internalError, .internal)
    }

    @Test func missingDescriptorIsOverload() async throws {
        let bench = try ProbeBench()
        let target = LoopbackTarget.answering()
        let held = await withCheckedContinuation { continuation in
            bench.loop.execute { continuation.resume(returning: DescriptorShortage.begin(keeping: bench.runner)) }
        }
        #expect(!held.isEmpty)
        expect(await bench.run(target.url()), .overloaded, .internal)
        bench.loop.execute { DescriptorShortage.end(held) }
        #expect(await bench.run(target.url()).isSuccess)
    }
}
