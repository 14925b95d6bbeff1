import Base
import Checks
import Datagrams
import ICMPCheck
import Runtime
import TestSupport
import Testing

@Suite(
    "A ping through a network that misbehaves",
    .enabled(if: TunNetwork.isPossible, "needs root, ip and /dev/net/tun")
) struct ICMPNetworkTests {
    private static let kinds: [DatagramSocket.Kind] = [.echo, .rawICMP]

    /// Runs a body with a bench in its own network, in which only that kind of socket is used.
    private func inNetwork(
        _ kind: DatagramSocket.Kind,
        _ body: (KindBench, TunNetwork) async throws -> Void
    ) async throws {
        let bench = try KindBench { ICMPProber(loop: $0, configuration: ProbeConfiguration(), kinds: [kind]) }
        let network = try await bench.onLoop { try TunNetwork.enter(opensPing: kind == .echo) }
        try await body(bench, network)
        withExtendedLifetime(network) {}
    }

    private func settings(_ host: String, _ change: (inout ICMPSettings.Options) -> Void = { _ in }) -> ICMPSettings {
        var settings = ICMPSettings()
        settings.host = host
        settings.options.count = 3
        settings.options.spacing = .milliseconds(100)
        settings.options.timeout = .seconds(60)
        change(&settings.options)
        return settings
    }

    @Test("hosts that answer are up, with every fact", arguments: kinds, ["10.99.0.2", "fd99::2"])
    func answers(_ kind: DatagramSocket.Kind, _ host: String) async throws {
        try await inNetwork(kind) { bench, network in
            let outcome = await bench.run(settings(host))
            #expect(outcome.isSuccess, "\(String(describing: outcome.failure))")
            #expect(network.requestCount == 3)
            #expect(outcome.facts?["sent"] == 3 && outcome.facts?["received"] == 3)
            #expect(outcome.facts?["loss"]?.doubleValue == 0 && outcome.facts?["ttl"] == 57)
            let figures = ["min_ms", "avg_ms", "max_ms"].compactMap { outcome.facts?[$0]?.doubleValue }
            #expect(figures.count == 3 && figures == figures.sorted() && figures[0] > 0)
            #expect(outcome.facts?["jitter_ms"]?.doubleValue != nil)
            #expect(outcome.latency == outcome.phases.request && outcome.phases.dns == nil)
            #expect(outcome.remoteAddress == host)
        }
    }

    private static let failures: [(String, Reason, Phase, String)] = [
        ("10.99.0.3", .answerTimeout, .request, "timed out"),
        ("fd99::3", .answerTimeout, .request, "timed out"),
        ("10.99.0.4", .icmpUnreachable, .request, "the host is unreachable (ICMP type 3 code 1)"),
        ("fd99::4", .icmpUnreachable, .request, "the host is unreachable (ICMPv6 type 1 code 3)"),
        ("10.99.0.5", .icmpTTL, .request, "ran out on the way (ICMP type 11 code 0)"),
        ("fd99::5", .icmpTTL, .request, "ran out on the way (ICMPv6 type 3 code 0)"),
        ("10.99.0.12", .icmpUnreachable, .request, "a filter forbids it (ICMP type 3 code 13)"),
        ("10.99.0.13", .icmpUnreachable, .request, "the network is unreachable (ICMP type 3 code 0)"),
        ("10.99.0.8", .answerMalformed, .request, "with other bytes"),
        ("10.99.0.14", .answerMalformed, .request, "with other bytes"),
        ("10.98.0.1", .icmpUnreachable, .request, "there is no route from here"),
        ("10.99.0.7", .answerTimeout, .request, "none of 3 packets to 10.99.0.7 was answered"),
        ("fd99::7", .answerTimeout, .request, "none of 3 packets to fd99::7 was answered"),
    ]

    @Test("failures are reported", arguments: kinds, failures)
    func failure(_ kind: DatagramSocket.Kind, _ row: (String, Reason, Phase, String)) async throws {
        let (host, reason, phase, words) = row
        try await inNetwork(kind) { bench, _ in
            let outcome = await bench.run(
                settings(host) { $0.timeout = reason == .answerTimeout ? .milliseconds(400) : .seconds(60) }
            )
            #expect(outcome.failure?.reason == reason && outcome.failure?.phase == phase)
            #expect(outcome.failure?.message.contains(words) == true, "\(String(describing: outcome.failure))")
            #expect(outcome.facts?["received"] == 0 && outcome.facts?["avg_ms"] == .null)
            #expect(ICMPKind.reasons.contains(reason))
        }
    }

    @Test(
        "duplicates and replies to others change nothing",
        arguments: kinds,
        ["10.99.0.6", "10.99.0.10", "fd99::10", "fd99::6"]
    )
    func strangers(_ kind: DatagramSocket.Kind, _ host: String) async throws {
        try await inNetwork(kind) { bench, _ in
            // By the last part of an IPv6 address in hexadecimal.
            let outcome = await bench.run(settings(host.replacing("::10", with: "::a")))
            #expect(outcome.isSuccess, "\(String(describing: outcome.failure))")
            #expect(outcome.facts?["received"] == 3)
        }
    }

    @Test("loss beyond the maximum fails", arguments: kinds) func loss(_ kind: DatagramSocket.Kind) async throws {
        try await inNetwork(kind) { bench, network in
            // The host answers only packets with an even token, so some of the twenty come back.
            let strict = settings("10.99.0.9") {
                $0.count = 20
                $0.timeout = .seconds(4)
                $0.maximumLoss = 0
            }
            let outcome = await bench.run(strict)
            #expect(outcome.failure?.reason == .assertionAnswer && outcome.failure?.phase == .assertion)
            #expect(outcome.failure?.message.contains("of 20 packets to 10.99.0.9 were lost") == true)
            let received = Double(outcome.facts?["received"]?.integerValue ?? 0)
            #expect(outcome.facts?["loss"]?.doubleValue == (20 - received) / 20)
            #expect(network.requestCount == 20)
            let lenient = settings("10.99.0.9") {
                $0.count = 20
                $0.timeout = .seconds(4)
                $0.maximumLoss = 1
            }
            #expect(await bench.run(lenient).isSuccess)
        }
    }

    @Test("a round trip beyond the maximum fails", arguments: kinds) func slow(_ kind: DatagramSocket.Kind) async throws
    {
        try await inNetwork(kind) { bench, _ in
            let outcome = await bench.run(settings("10.99.0.11") { $0.maximumLatency = .milliseconds(10) })
            #expect(outcome.failure?.reason == .assertionLatency && outcome.failure?.phase == .assertion)
            #expect(outcome.facts?["avg_ms"]?.doubleValue ?? 0 >= 30)
        }
    }

    @Test("packets have the configured size and hop limit") func size() async throws {
        try await inNetwork(.echo) { bench, _ in
            for size in [16, 1400] {
                let outcome = await bench.run(settings("10.99.0.2") { $0.packetSize = size })
                #expect(outcome.isSuccess, "\(size): \(String(describing: outcome.failure))")
            }
        }
    }

    @Test("a process without permission names the sysctl to set") func forbidden() async throws {
        try await inNetwork(.echo) { bench, _ in
            await bench.onLoop { _ = closePing() }
            let outcome = await bench.run(settings("10.99.0.2"))
            #expect(outcome.failure?.reason == .internalError && outcome.failure?.phase == .internal)
            #expect(outcome.failure?.message.contains("net.ipv4.ping_group_range") == true)
        }
    }

    @Test("many checks share one socket without mixing replies") func many() async throws {
        try await inNetwork(.echo) { bench, _ in
            let hosts = ["10.99.0.2", "10.99.0.3", "10.99.0.4", "10.99.0.6", "10.99.0.10"]
            let outcomes = await withTaskGroup(of: (Int, Outcome).self) { group in
                for index in 0..<200 {
                    let settings = settings(hosts[index % 5]) { $0.timeout = .seconds(index % 5 == 1 ? 1 : 60) }
                    group.addTask { (index % 5, await bench.run(settings)) }
                }
                return await group.reduce(into: [(Int, Outcome)]()) { $0.append($1) }
            }
            for (kind, outcome) in outcomes {
                let wanted: Reason? = kind == 1 ? .answerTimeout : kind == 2 ? .icmpUnreachable : nil
                #expect(outcome.failure?.reason == wanted, "\(String(describing: outcome.failure))")
            }
            #expect(await bench.registrationCount == 1)
            #expect(await bench.runningCount == 0)
            await bench.close()
            #expect(await eventually { await bench.registrationCount == 0 })
        }
    }
}
