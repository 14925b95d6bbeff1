import Base
import Checks
import HTTPClient
import Sockets
import TestSupport
import Testing

@Suite("Plain streams") struct StreamTests {
    private func echo(v6: Bool = false) -> LoopbackTarget {
        LoopbackTarget(v6: v6) { connection in
            while true {
                let bytes = connection.read()
                if bytes.isEmpty || !connection.send(bytes) { return }
            }
        }
    }

    @Test("sent bytes come back", arguments: [false, true]) func exchange(_ v6: Bool) async throws {
        let target = echo(v6: v6)
        let bench = try StreamBench()
        let report = await bench.run(
            StreamTarget(host: v6 ? "::1" : "127.0.0.1", port: target.port),
            send: Array("hello".utf8),
            until: 5
        )
        #expect(report.failure == nil && report.text == "hello")
        #expect(report.times.connect != nil && report.times.dns == nil && report.times.tls == nil)
        #expect(report.remoteAddress == target.authority)
        #expect(await bench.registrations == 0)
    }

    @Test("a megabyte goes to a peer that reads slowly and comes back") func largeWrite() async throws {
        let target = echo()
        let bytes = (0..<1_000_000).map { UInt8(truncatingIfNeeded: $0) }
        let report = await (try StreamBench()).run(
            StreamTarget(host: "127.0.0.1", port: target.port),
            send: bytes,
            until: bytes.count
        )
        #expect(report.failure == nil && report.received == bytes)
    }

    @Test("a closing peer is reported as the end") func end() async throws {
        let target = LoopbackTarget { connection in
            connection.send("bye")
            connection.close()
        }
        let report = await (try StreamBench()).run(StreamTarget(host: "127.0.0.1", port: target.port), until: 100)
        #expect(report.hasEnded && report.text == "bye" && report.failure == nil)
    }

    @Test("a reset is reported") func reset() async throws {
        let target = LoopbackTarget { connection in
            _ = connection.read()
            connection.reset()
        }
        let stream = StreamTarget(host: "127.0.0.1", port: target.port)
        let report = await (try StreamBench()).run(stream, send: [1], until: 1)
        #expect(report.failure?.reason == .answerClosed && report.failure?.phase == .request)
    }

    @Test("silence ends at the deadline") func silence() async throws {
        let target = LoopbackTarget { $0.waitForClose() }
        let stream = StreamTarget(host: "127.0.0.1", port: target.port)
        let report = await (try StreamBench()).run(stream, until: 1, timeout: .milliseconds(100))
        #expect(report.failure?.reason == .answerTimeout && report.openings == 1)
    }

    @Test("a refused connection is reported with its address") func refused() async throws {
        let port = LoopbackTarget.closedPort()
        let bench = try StreamBench()
        let report = await bench.run(StreamTarget(host: "127.0.0.1", port: port))
        #expect(report.failure?.reason == .connectRefused && report.failure?.phase == .connect)
        #expect(report.remoteAddress == "127.0.0.1:\(port)" && report.times.connect != nil)
        #expect(await bench.registrations == 0)
    }

    @Test("without an answer the deadline ends connecting") func hung() async throws {
        let target = SilentTarget()
        let bench = try StreamBench()
        let stream = StreamTarget(host: "127.0.0.1", port: target.port)
        let report = await bench.run(stream, timeout: .milliseconds(150))
        #expect(report.failure?.reason == .connectTimeout && report.times.connect != nil)
        #expect(await bench.registrations == 0)
    }

    @Test("the next address is tried when one refuses", arguments: [true, false])
    func nextAddress(_ isOtherFamily: Bool) async throws {
        let target = echo()
        var stream = StreamTarget(host: "two.test", port: target.port)
        let other = isOtherFamily ? IPAddress(v6: 0, 1) : IPAddress(v4: 0x7F00_0002)
        stream.addresses = [other, IPAddress(v4: 0x7F00_0001)]
        let report = await (try StreamBench()).run(stream)
        #expect(report.failure == nil && report.remoteAddress == target.authority)
    }

    @Test("a hanging address leaves time for the next") func share() async throws {
        let silent = SilentTarget()
        var stream = StreamTarget(host: "two.test", port: silent.port)
        // The listener is only on 127.0.0.1: the second address refuses at once.
        stream.addresses = [IPAddress(v4: 0x7F00_0001), IPAddress(v4: 0x7F00_0002)]
        let report = await (try StreamBench()).run(stream, timeout: .milliseconds(400))
        #expect(report.failure?.reason == .connectRefused)
        #expect(try #require(report.times.connect) >= .milliseconds(199))
    }

    @Test("the other family is tried after a pause") func otherFamily() async throws {
        let silent = SilentTarget()
        var stream = StreamTarget(host: "two.test", port: silent.port)
        stream.addresses = [IPAddress(v4: 0x7F00_0001), IPAddress(v6: 0, 1)]
        // IPv6 refuses, IPv4 hangs: without trying the second family its refusal would not be known.
        let report = await (try StreamBench()).run(stream, timeout: .milliseconds(600))
        #expect(report.failure?.reason == .connectTimeout)
        #expect(report.remoteAddress == "[::1]:\(silent.port)")
    }

    @Test("the policy is checked for every address")
    func policy() async throws {
        var stream = StreamTarget(host: "bad.test", port: 1)
        stream.addresses = [IPAddress(v4: 0x7F00_0001), IPAddress(v4: 0xA9FE_A9FE)]
        let report = await (try StreamBench()).run(stream)
        #expect(report.failure?.reason == .policyBlocked && report.failure?.phase == .policy)
    }

    static let lookups: [(TestNameServer.Answer, Reason)] = [
        (.code(3), .dnsNXDomain), (.code(2), .dnsServfail), (.code(5), .dnsRefused), (.silence, .dnsTimeout),
        (.addresses(), .dnsNoAddress),
    ]

    @Test("a name without an address is reported with its reason", arguments: 0..<lookups.count)
    func names(_ index: Int) async throws {
        let (answer, reason) = Self.lookups[index]
        let server = TestNameServer(["name.test": answer])
        var stream = StreamTarget(host: "name.test", port: 1)
        stream.resolver = server.address
        let timeout = Duration.milliseconds(reason == .dnsTimeout ? 150 : 10_000)
        let report = await (try StreamBench()).run(stream, timeout: timeout)
        #expect(report.failure?.reason == reason && report.failure?.phase == .dns)
        #expect(report.times.dns != nil && report.times.connect == nil)
    }

    @Test("a name is resolved and connected to") func lookup() async throws {
        let target = echo()
        let server = TestNameServer(["name.test": .addresses(v4: [[127, 0, 0, 1]])])
        var stream = StreamTarget(host: "name.test", port: target.port)
        stream.resolver = server.address
        let report = await (try StreamBench()).run(stream)
        #expect(report.failure == nil && report.times.dns != nil && report.times.connect != nil)
    }

    @Test("addresses of the other family are ignored") func family() async throws {
        var stream = StreamTarget(host: "127.0.0.1", port: 1)
        stream.family = .v6
        #expect(await (try StreamBench()).run(stream).failure?.reason == .dnsNoAddress)
    }
}
