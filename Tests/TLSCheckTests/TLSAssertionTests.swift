import Base
import Checks
import Sockets
import TLSCheck
import TestSupport
import Testing

@Suite("Demands of TLS checks") struct TLSAssertionTests {
    private static let leaf = TestCertificate(
        "leaf",
        issuer: TLSBench.authority,
        sans: "DNS:localhost,DNS:*.shop.test,IP:127.0.0.1",
        to: 20 * 86_400 + 3600
    )

    @Test("a good certificate is described") func facts() async throws {
        let target = TLSBench.target(Self.leaf)
        let outcome = await (try TLSBench()).run(target.port) { $0.protocols = ["h2", "http/1.1"] }
        #expect(outcome.isSuccess, "\(String(describing: outcome.failure))")
        #expect(outcome.certificate?.subject == "CN=leaf" && outcome.certificate?.valid == true)
        let facts = try #require(outcome.facts)
        #expect(facts["protocol"] == "TLSv1.3" && facts["alpn"] == "h2" && facts["ocsp"] == "none")
        #expect(facts["key_type"] == "EC" && facts["key_bits"] == 256 && facts["signature"] == "ecdsa-with-SHA256")
        #expect(facts["days_left"] == 20)
        let chain = facts["chain"]?.arrayValue ?? []
        #expect(chain.map { $0["subject"] } == ["CN=leaf", "CN=Test CA"])
        #expect(chain.last?["days_left"] == 89 || chain.last?["days_left"] == 90)
        #expect(Set(facts.members.map(\.key)) == Set(TLSKind.facts.map(\.name)))
        var issues: [ValidationIssue] = []
        #expect(Schema.object(nil, TLSKind.facts).read(.object(facts), at: [], into: &issues) != nil, "\(issues)")
        #expect(outcome.phases.tls != nil && outcome.remoteAddress == target.authority)
    }

    @Test("the remaining days of every certificate are checked") func days() async throws {
        let bench = try TLSBench()
        let target = TLSBench.target(Self.leaf)
        #expect(await bench.run(target.port) { $0.minimumDays = 20 }.isSuccess)
        let short = await bench.run(target.port) { $0.minimumDays = 21 }
        expect(short, .assertionCertificate, .assertion)
        #expect(short.failure?.message.contains("CN=leaf has 20 days left") == true)
        // The authority expires before the leaf.
        let authority = TestCertificate("Short CA", sans: nil, isAuthority: true, to: 5 * 86_400 + 3600)
        let long = TLSBench.target(TestCertificate("leaf", issuer: authority, to: 50 * 86_400))
        let file = authority.certificateFile()
        let chain = await bench.run(long.port) {
            $0.caFile = file
            $0.minimumDays = 21
        }
        expect(chain, .assertionCertificate, .assertion)
        #expect(chain.failure?.message.contains("CN=Short CA has 5 days left") == true)
        #expect(chain.facts?["days_left"] == 5)
    }

    @Test("names must be covered, by wildcards as in browsers") func names() async throws {
        let bench = try TLSBench()
        let target = TLSBench.target(Self.leaf)
        let covered = ["www.shop.test", "*.shop.test", "localhost", "127.0.0.1"]
        #expect(await bench.run(target.port) { $0.names = covered }.isSuccess)
        for name in ["shop.test", "a.b.shop.test", "other.test", "127.0.0.2"] {
            let outcome = await bench.run(target.port) { $0.names = [name] }
            expect(outcome, .assertionCertificate, .assertion)
            #expect(outcome.failure?.message.contains(name) == true)
        }
    }

    @Test("a final dot is part of no name") func finalDot() async throws {
        let target = TLSBench.target(Self.leaf)
        let outcome = await (try TLSBench()).run(target.port, host: "localhost.")
        #expect(outcome.isSuccess && outcome.phases.dns == nil, "\(String(describing: outcome.failure))")
    }

    @Test("keys and signatures must be strong enough") func keys() async throws {
        let bench = try TLSBench()
        let rsa = TLSBench.target(TestCertificate("rsa", issuer: TLSBench.authority, rsaBits: 2048))
        #expect(await bench.run(rsa.port).isSuccess)
        expect(await bench.run(rsa.port) { $0.minimumRSABits = 3072 }, .assertionCertificate, .assertion)
        expect(await bench.run(rsa.port) { $0.keyTypes = [.ec, .ed25519] }, .assertionCertificate, .assertion)
        #expect(await bench.run(rsa.port) { $0.keyTypes = [.ec, .rsa] }.isSuccess)
        let ec = TLSBench.target(Self.leaf)
        expect(await bench.run(ec.port) { $0.minimumECBits = 384 }, .assertionCertificate, .assertion)
        let sha1 = TLSBench.target(TestCertificate("sha1", issuer: TLSBench.authority, isSHA1: true), isWeak: true)
        let weak = await bench.run(sha1.port) { $0.verifiesTLS = false }
        expect(weak, .assertionCertificate, .assertion)
        expect(await bench.run(sha1.port) { $0.allowsWeakSignatures = true }, .tlsUntrusted, .tls)
        let allowed = await bench.run(sha1.port) {
            $0.verifiesTLS = false
            $0.allowsWeakSignatures = true
        }
        #expect(allowed.isSuccess, "\(String(describing: allowed.failure))")
    }

    @Test("an old version is named, and an exact one can be required") func versions() async throws {
        let bench = try TLSBench()
        let old = TLSBench.target(Self.leaf, version: 0x0302)
        let outcome = await bench.run(old.port)
        expect(outcome, .assertionVersion, .assertion)
        #expect(outcome.facts?["protocol"] == "TLSv1.1")
        #expect(await bench.run(old.port) { $0.minimumVersion = .v10 }.isSuccess)
        let middle = TLSBench.target(Self.leaf, version: 0x0303)
        #expect(await bench.run(middle.port) { $0.version = .v12 }.isSuccess)
        expect(await bench.run(middle.port) { $0.version = .v13 }, .assertionVersion, .assertion)
        expect(await bench.run(middle.port) { $0.minimumVersion = .v13 }, .assertionVersion, .assertion)
    }

    @Test("ciphers must be among the allowed ones") func ciphers() async throws {
        let bench = try TLSBench()
        let target = TLSBench.target(Self.leaf)
        let cipher = try #require(await bench.run(target.port).facts?["cipher"]?.stringValue)
        #expect(await bench.run(target.port) { $0.ciphers = ["OTHER", cipher] }.isSuccess)
        expect(await bench.run(target.port) { $0.ciphers = ["OTHER"] }, .assertionVersion, .assertion)
    }

    @Test("a pin may match any certificate or key of the chain") func pins() async throws {
        let bench = try TLSBench()
        let target = TLSBench.target(Self.leaf)
        let facts = await bench.run(target.port).facts
        let chain = facts?["chain"]?.arrayValue ?? []
        let digests = chain.flatMap { [$0["sha256"]?.stringValue, $0["spki_sha256"]?.stringValue] }.compactMap { $0 }
        #expect(digests.count == 4)
        for digest in digests {
            let bytes = try #require([UInt8](hex: digest))
            for text in [digest, digest.uppercased(), "sha256/" + bytes.base64()] {
                let pin = try #require(TLSPin(text))
                #expect(await bench.run(target.port) { $0.pins = [pin] }.isSuccess, "\(text)")
            }
        }
        let other = try #require(TLSPin(String(repeating: "0", count: 64)))
        expect(await bench.run(target.port) { $0.pins = [other] }, .assertionCertificate, .assertion)
    }

    @Test("an OCSP staple must be present and good") func staples() async throws {
        let bench = try TLSBench()
        let stranger = TestCertificate("Other CA", sans: nil, isAuthority: true)
        let cases: [(TestStaple?, String, Bool, Bool)] = [
            (nil, "none", false, false),
            (TestStaple(.good, of: Self.leaf, by: TLSBench.authority), "good", true, true),
            (TestStaple(.revoked, of: Self.leaf, by: TLSBench.authority), "revoked", true, false),
            (TestStaple(.unknown, of: Self.leaf, by: TLSBench.authority), "unknown", true, false),
            (TestStaple(.good, of: Self.leaf, by: stranger), "invalid", true, false),
            (TestStaple(.good, of: Self.leaf, by: TLSBench.authority, from: -9000, to: -4000), "invalid", true, false),
            (TestStaple(bytes: [1, 2, 3]), "invalid", true, false),
        ]
        for (staple, word, isPresent, isGood) in cases {
            let target = TLSBench.target(Self.leaf, staple: staple)
            let outcome = await bench.run(target.port)
            #expect(outcome.isSuccess && outcome.facts?["ocsp"] == .string(word))
            let present = await bench.run(target.port) { $0.staple = .present }
            #expect(present.isSuccess == isPresent, "\(word)")
            let good = await bench.run(target.port) { $0.staple = .good }
            #expect(good.isSuccess == isGood, "\(word)")
            if !isGood { expect(good, .assertionCertificate, .assertion) }
        }
    }

    @Test("a staple's signer is found in the trust store", arguments: [TestStaple.Status.good, .revoked, .unknown])
    func signer(_ status: TestStaple.Status) async throws {
        let bench = try TLSBench()
        let staple = TestStaple(status, of: Self.leaf, by: TLSBench.authority, namesSigner: false)
        let target = TLSBench.target(Self.leaf, staple: staple)
        for verifies in [true, false] {
            let outcome = await bench.run(target.port) {
                $0.verifiesTLS = verifies
                $0.staple = .good
            }
            #expect(outcome.facts?["ocsp"] == .string("\(status)"), "\(String(describing: outcome.failure))")
            #expect(outcome.isSuccess == (status == .good))
        }
        // No other authority vouches for it.
        let stranger = TestCertificate("Test CA", sans: nil, isAuthority: true)
        let forged = TestStaple(status, of: Self.leaf, by: stranger, namesSigner: false)
        let other = TLSBench.target(Self.leaf, staple: forged)
        let outcome = await bench.run(other.port) { $0.staple = .good }
        #expect(outcome.facts?["ocsp"] == "invalid" && !outcome.isSuccess)
    }

    @Test(
        "a staple without an end is out of date after 7 days",
        arguments: [(6, "good"), (8, "invalid"), (60, "invalid")]
    )
    func openEnd(_ days: Int, _ word: String) async throws {
        let staple = TestStaple(.good, of: Self.leaf, by: TLSBench.authority, from: -days * 86_400, to: nil)
        let target = TLSBench.target(Self.leaf, staple: staple)
        let outcome = await (try TLSBench()).run(target.port) { $0.staple = .good }
        #expect(outcome.facts?["ocsp"] == .string(word), "\(String(describing: outcome.failure))")
        #expect(outcome.isSuccess == (word == "good"))
    }

    @Test("STARTTLS precedes the handshake") func startTLS() async throws {
        let context = TLSServerContext(Self.leaf)
        let target = LoopbackTarget { connection in
            _ = connection.read()
            connection.send("S")
            if connection.startTLS(context) { connection.waitForClose() }
        }
        let outcome = await (try TLSBench()).run(target.port) { $0.startTLS = .postgres }
        #expect(outcome.isSuccess && outcome.phases.request != nil && outcome.phases.tls != nil)
    }
}
