import Base
import Checks
import Datagrams
import Glibc
import ICMPCheck
import Runtime
import TestSupport
import Testing

/// Whether this process may ping.
let mayPing = [DatagramSocket.Kind.echo, .rawICMP].contains { kind in
    (try? DatagramSocket(kind, .v4)) != nil
}

/// Forbids unprivileged pings in the calling thread's network.
func closePing() -> Bool { system("echo '1 0' > /proc/sys/net/ipv4/ping_group_range") == 0 }

@Suite("Pings over loopback") struct ICMPLoopbackTests {
    private func settings(_ host: String, _ change: (inout ICMPSettings.Options) -> Void = { _ in }) -> ICMPSettings {
        var settings = ICMPSettings()
        settings.host = host
        settings.options.count = 1
        settings.options.timeout = .seconds(60)
        change(&settings.options)
        return settings
    }

    @Test(
        "this host answers in both families",
        .enabled(if: mayPing, "needs net.ipv4.ping_group_range or CAP_NET_RAW"),
        arguments: ["127.0.0.1", "::1", "localhost"]
    )
    func loopback(_ host: String) async throws {
        let outcome = await (try KindBench(ICMPKind.self)).run(settings(host))
        #expect(outcome.isSuccess, "\(String(describing: outcome.failure))")
        #expect(outcome.facts?["received"] == 1 && outcome.facts?["jitter_ms"] == .null)
    }

    @Test(
        "the largest packets come back complete",
        .enabled(if: mayPing, "needs net.ipv4.ping_group_range or CAP_NET_RAW"),
        arguments: ["127.0.0.1", "::1"]
    )
    func large(_ host: String) async throws {
        let outcome = await (try KindBench(ICMPKind.self)).run(settings(host) { $0.packetSize = 8192 })
        #expect(outcome.isSuccess, "\(String(describing: outcome.failure))")
    }

    @Test(
        "without descriptors this side is overloaded",
        .enabled(if: mayPing, "needs net.ipv4.ping_group_range or CAP_NET_RAW")
    )
    func overloaded() async throws {
        let bench = try KindBench(ICMPKind.self)
        let held = await bench.onLoop { DescriptorShortage.begin(keeping: bench) }
        #expect(!held.isEmpty)
        let outcome = await bench.run(settings("127.0.0.1"))
        await bench.onLoop { DescriptorShortage.end(held) }
        #expect(outcome.failure?.reason == .overloaded && outcome.failure?.phase == .internal, "\(outcome)")
        #expect(await bench.run(settings("127.0.0.1")).isSuccess)
    }

    private static let table: [String: TestNameServer.Answer] = [
        "four.test": .addresses(v4: [[127, 0, 0, 1]]), "none.test": .addresses(), "fail.test": .code(2),
        "refuse.test": .code(5), "silent.test": .silence, "meta.test": .addresses(v4: [[169, 254, 169, 254]]),
    ]

    private static let failures: [(String, Reason, Phase)] = [
        ("nowhere.test", .dnsNXDomain, .dns), ("none.test", .dnsNoAddress, .dns), ("fail.test", .dnsServfail, .dns),
        ("refuse.test", .dnsRefused, .dns), ("silent.test", .dnsTimeout, .dns), ("::1", .dnsNoAddress, .dns),
        ("meta.test", .policyBlocked, .policy), ("169.254.169.254", .policyBlocked, .policy),
        ("224.0.0.1", .policyBlocked, .policy), ("0.0.0.0", .policyBlocked, .policy),
    ]

    @Test("failures before the first packet are reported", arguments: failures)
    func failure(_ host: String, _ reason: Reason, _ phase: Phase) async throws {
        let server = TestNameServer(Self.table)
        let bench = try KindBench(ICMPKind.self, ProbeConfiguration(resolver: server.address))
        let outcome = await bench.run(
            settings(host) {
                $0.ipVersion = .v4
                $0.timeout = .milliseconds(reason == .dnsTimeout ? 300 : 60_000)
            }
        )
        #expect(outcome.failure?.reason == reason && outcome.failure?.phase == phase)
        #expect(outcome.failure?.message.isEmpty == false && outcome.facts == nil)
        #expect(ICMPKind.reasons.contains(reason))
        #expect((outcome.phases.dns != nil) == (phase == .dns || host == "meta.test"))
    }

    @Test("private addresses are refused if the policy forbids them", arguments: ["127.0.0.1", "::1", "10.1.2.3"])
    func policy(_ host: String) async throws {
        let configuration = ProbeConfiguration(addressPolicy: AddressPolicy(denyPrivate: true))
        let outcome = await (try KindBench(ICMPKind.self, configuration)).run(settings(host))
        #expect(outcome.failure?.reason == .policyBlocked)
    }

    @Test("without permission the sysctl is named") func nothingAllowed() async throws {
        let bench = try KindBench { ICMPProber(loop: $0, configuration: ProbeConfiguration(), kinds: []) }
        let outcome = await bench.run(settings("127.0.0.1"))
        #expect(outcome.failure?.reason == .internalError)
        #expect(outcome.failure?.message.contains("net.ipv4.ping_group_range") == true)
    }

    @Test("a cancelled check ends at once", arguments: [false, true]) func cancelled(_ all: Bool) async throws {
        let server = TestNameServer(Self.table)
        let bench = try KindBench(ICMPKind.self, ProbeConfiguration(resolver: server.address))
        let outcome = await bench.runCancelled(settings("silent.test"), all: all)
        #expect(outcome.failure?.reason == .internalError)
        #expect(await bench.runningCount == 0)
    }
}
