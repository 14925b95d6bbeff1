import Base
import Checks
import Sockets
import TestSupport
import Testing

@Suite("Streams over TLS") struct StreamTLSTests {
    private static let authority = TestCertificate("Test CA", sans: nil, isAuthority: true)
    private static let authorityFile = authority.certificateFile()

    private func bench(crl: String? = nil) throws -> StreamBench {
        try StreamBench(ProbeConfiguration(caFile: Self.authorityFile, crlFile: crl))
    }

    private func stream(_ target: LoopbackTarget, name: String = "localhost") -> StreamTarget {
        var stream = StreamTarget(host: "127.0.0.1", port: target.port)
        stream.tls = TLSOptions(name: name)
        return stream
    }

    private func echo(
        _ certificate: TestCertificate,
        clientAuthority: TestCertificate? = nil,
        version: Int32 = 0x0304
    ) -> LoopbackTarget {
        let context = TLSServerContext(certificate, clientAuthority: clientAuthority, maximumVersion: version)
        return LoopbackTarget(tls: context) { connection in
            while true {
                let bytes = connection.read()
                if bytes.isEmpty || !connection.send(bytes) { return }
            }
        }
    }

    @Test("bytes are exchanged, and the connection's facts are read", arguments: [Int32(0x0304), 0x0303])
    func exchange(_ version: Int32) async throws {
        let leaf = TestCertificate("leaf", issuer: Self.authority)
        let target = echo(leaf, version: version)
        var stream = stream(target)
        stream.tls?.wantsLinks = true
        stream.tls?.wantsStaple = true
        let bench = try bench()
        let bytes = (0..<100_000).map { UInt8(truncatingIfNeeded: $0) }
        let report = await bench.run(stream, send: bytes, until: bytes.count, covers: "localhost")
        #expect(report.failure == nil && report.received == bytes)
        #expect(report.version == (version == 0x0304 ? "TLSv1.3" : "TLSv1.2") && report.cipher?.isEmpty == false)
        #expect(report.times.tls != nil && report.certificate?.subject == "CN=leaf")
        #expect(report.links.map(\.subject) == ["CN=leaf", "CN=Test CA"])
        #expect(report.links.map(\.isSelfSigned) == [false, true])
        let link = try #require(report.links.first)
        #expect(link.keyType == "EC" && link.keyBits == 256 && link.digest == "SHA256")
        #expect(link.spkiSHA256.count == 64 && link.sha256 == report.certificate?.sha256)
        #expect(report.covers && report.staple == .missing)
        #expect(await bench.registrations == 0)
    }

    @Test("a name only in the CN does not count, as in browsers") func commonName() async throws {
        let target = echo(TestCertificate("localhost", issuer: Self.authority, sans: nil))
        let report = await (try bench()).run(stream(target), covers: "localhost")
        #expect(report.failure?.reason == .tlsHostname && !report.covers)
    }

    @Test("a plain answer is not TLS") func plain() async throws {
        let target = LoopbackTarget { connection in
            connection.send("220 hello\r\n")
            connection.waitForClose()
        }
        #expect(await (try bench()).run(stream(target)).failure?.reason == .tlsProtocol)
    }

    @Test("a handshake that hangs ends at the deadline") func hung() async throws {
        let target = LoopbackTarget { $0.waitForClose() }
        let report = await (try bench()).run(stream(target), timeout: .milliseconds(150))
        #expect(report.failure?.reason == .tlsTimeout && report.times.tls != nil)
    }

    @Test("a missing client certificate is reported", arguments: [Int32(0x0304), 0x0303])
    func clientCertificate(_ version: Int32) async throws {
        let server = TestCertificate("server", issuer: Self.authority)
        let target = echo(server, clientAuthority: Self.authority, version: version)
        let bench = try bench()
        #expect(await bench.run(stream(target)).failure?.reason == .tlsClientCertificate)
        let friend = TestCertificate("friend", issuer: Self.authority)
        var friendly = stream(target)
        friendly.tls?.clientCertificate = friend.certificateFile()
        friendly.tls?.clientKey = friend.keyFile()
        let report = await bench.run(friendly, send: [1, 2, 3], until: 3)
        #expect(report.failure == nil && report.received == [1, 2, 3])
    }

    @Test("a key that does not match is an internal error") func badKey() async throws {
        let target = echo(TestCertificate("server", issuer: Self.authority))
        var stream = stream(target)
        stream.tls?.clientCertificate = Self.authorityFile
        stream.tls?.clientKey = "/etc/hostname"
        let failure = await (try bench()).run(stream).failure
        #expect(failure?.reason == .internalError && failure?.message.contains("/etc/hostname") == true)
    }

    @Test("old TLS is refused, or used if configured") func oldVersion() async throws {
        let target = echo(TestCertificate("old", issuer: Self.authority), version: 0x0302)
        #expect(await (try bench()).run(stream(target)).failure?.reason == .tlsProtocol)
        var old = stream(target)
        old.tls?.offersOld = true
        let report = await (try bench()).run(old)
        #expect(report.failure == nil && report.version == "TLSv1.1")
    }

    /// A server's side of STARTTLS: what it sends, and what it waits for before each.
    static let dialogs: [(StartTLS, [String])] = [
        (.smtp, ["220-mail\r\n220 ready\r\n", "250-mail\r\n250-STARTTLS\r\n250 HELP\r\n", "220 go\r\n"]),
        (.imap, ["* OK ready\r\n", "* OK soon\r\na1 OK go\r\n"]),
        (.pop3, ["+OK ready\r\n", "+OK go\r\n"]),
        (.ftp, ["220-Welcome\r\n here\r\n220 ready\r\n", "234 go\r\n"]),
        (.postgres, ["", "S"]),
    ]

    @Test("TLS begins after each protocol's dialog", arguments: 0..<dialogs.count)
    func startTLS(_ index: Int) async throws {
        let (kind, answers) = Self.dialogs[index]
        let context = TLSServerContext(TestCertificate("leaf", issuer: Self.authority))
        let target = LoopbackTarget { connection in
            for (index, answer) in answers.enumerated() {
                if index > 0 { _ = connection.read() }
                connection.send(answer)
            }
            guard connection.startTLS(context) else { return }
            connection.send(connection.read())
        }
        var stream = stream(target)
        stream.startTLS = kind
        let report = await (try bench()).run(stream, send: [7], until: 1)
        #expect(report.failure == nil && report.received == [7])
        #expect(report.times.dialog != nil && report.times.tls != nil && report.openings == 1)
    }
}
