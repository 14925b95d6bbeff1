import Base
import Checks
import DNSCheck
import TestSupport
import Testing

/// Different spellings of one value in zone file format.
@Suite("Spellings of expected DNS records") struct DNSSpellingTests {
    /// A record, texts that mean it, and a text that means another.
    struct Spelling: Sendable, CustomTestStringConvertible {
        let type: RecordType
        let data: [UInt8]
        let equal: [String]
        let other: String
        var testDescription: String { type.rawValue }

        init(_ type: RecordType, _ data: [UInt8], _ equal: [String], not other: String) {
            self.type = type
            self.data = data
            self.equal = equal
            self.other = other
        }
    }

    private static func name(_ label: String) -> [UInt8] {
        [UInt8(label.utf8.count)] + Array(label.utf8) + [4] + Array("test".utf8) + [0]
    }

    private static func string(_ text: String) -> [UInt8] { [UInt8(text.utf8.count)] + Array(text.utf8) }

    private static let v6: [UInt8] = [0x20, 1, 0x0D, 0xB8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]
    private static let names = ["t.test", "t.test.", "T.Test", #"\084.t\est."#]
    private static let keys = ["257 3 8 AQID", "0257 3 8 AQ ID", "257 3 8 ( AQI D )"]
    private static let digests = ["1 8 2 abcd", "1 8 2 AB CD", "01 8 2 aBc D"]
    /// ALPN "h2", port 443 and the address 2001:db8::1.
    private static let parameters: [UInt8] = [0, 1, 0, 3, 2, 0x68, 0x32, 0, 3, 0, 2, 1, 187, 0, 6, 0, 16] + v6
    private static let services = [
        "1 t.test. alpn=h2 port=443 ipv6hint=2001:db8::1", #"1 T.test alpn="h2" port="443" ipv6hint="2001:0db8::1""#,
        #"1 t.test key6=2001:DB8:0::1 PORT=0443 key1=h2"#,
    ]
    /// A, MX, RRSIG and NSEC3PARAM.
    private static let bitmap: [UInt8] = [0, 7, 0x40, 1, 0, 0, 0, 2, 0x10]
    /// Of an A record, from 2020 to 2030.
    private static let signature: [UInt8] =
        [0, 1, 13, 2, 0, 0, 1, 44, 0x70, 0xDB, 0xD8, 0x80, 0x5E, 0x0B, 0xE1, 0, 0, 1] + name("ex") + [1, 2, 3]
    private static let five: [UInt8] = [0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 4, 0, 0, 0, 5]

    static let spellings: [Spelling] = [
        .init(.A, [192, 0, 2, 1], ["192.0.2.1"], not: "192.0.2.11"),
        .init(.AAAA, v6, ["2001:db8::1", "2001:0DB8:0:0::0001"], not: "2001:db8::2"),
        .init(.NS, name("t"), names, not: "tt.test"), .init(.CNAME, name("t"), names, not: "t.tes"),
        .init(.PTR, name("t"), names, not: "t"), .init(.DNAME, name("t"), names, not: #"t\.test"#),
        .init(.MX, [0, 10] + name("t"), ["10 t.test.", "10 T.test", "010  t.test"], not: "11 t.test"),
        .init(.SRV, [0, 1, 0, 2, 1, 187] + name("t"), ["1 2 443 T.test", "01 2 443 t.test."], not: "1 2 443 u.test"),
        .init(
            .SOA,
            name("ns") + name("h") + five,
            ["ns.test. h.test. 1 2 3 4 5", "NS.test H.test ( 1 2 3 4 5 )", "ns.test h.test 01 2 3 4 5"],
            not: "ns.test h.test 1 2 3 4 6"
        ),
        .init(
            .TXT,
            string("a  B") + string("c"),
            [
                #""a  Bc""#, #""a  B" "c""#, #""\097  Bc""#, "a  Bc", "\"a  B\"\t\"c\"", "\"a  B\" \t\n\"c\"",
                "\"a  B\"\r\n\"c\"",
            ],
            not: "a Bc"
        ),
        .init(.SPF, string("v=spf1 all"), ["v=spf1 all", #""v=spf1" " all""#], not: "v=spf1 ALL"),
        .init(.HINFO, string("a b") + string("C"), [#""a b" "C""#, #""a b" C"#, #""a\032b" C"#], not: #""a b" c"#),
        .init(
            .CAA,
            [0] + string("issue") + Array("ca.test; x=1".utf8),
            [#"0 issue "ca.test; x=1""#, "00 issue ca.test; x=1"],
            not: #"0 issue "CA.test; x=1""#
        ),
        .init(
            .NAPTR,
            [0, 1, 0, 2] + string("S") + string("") + string(#"!(a b)!\1!"#) + name("t"),
            [#"1 2 "S" "" "!(a b)!\\1!" t.test."#, #"01 2 S "" "!(a b)!\\1!" T.test"#],
            not: #"1 2 "" "S" "!(a b)!\\1!" t.test."#
        ),
        .init(.TLSA, [1, 8, 2, 0xAB, 0xCD], digests, not: "1 8 2 abce"),
        .init(.DS, [0, 1, 8, 2, 0xAB, 0xCD], digests, not: "1 8 2 abc"),
        .init(.CDS, [0, 1, 8, 2, 0xAB, 0xCD], digests, not: "1 8 1 abcd"),
        .init(.SSHFP, [4, 2, 0xAB, 0xCD], ["4 2 abcd", "4 02 AB CD"], not: "4 1 abcd"),
        .init(.DNSKEY, [1, 1, 3, 8, 1, 2, 3], keys, not: "257 3 8 aqid"),
        .init(.CDNSKEY, [1, 1, 3, 8, 1, 2, 3], keys, not: "256 3 8 AQID"),
        .init(
            .URI,
            [0, 10, 0, 1] + Array("https://X.test/".utf8),
            [#"10 1 "https://X.test/""#, "010 1 https://X.test/"],
            not: #"10 1 "https://x.test/""#
        ),
        .init(
            .NSEC,
            name("b") + bitmap,
            ["b.test. A MX RRSIG NSEC3PARAM", "B.test A MX RRSIG TYPE51", "b.test nsec3param rrsig mx type1"],
            not: "b.test A MX RRSIG"
        ),
        .init(
            .RRSIG,
            signature,
            [
                "A 13 2 300 1893456000 1577836800 1 ex.test. AQID",
                "A 13 2 300 20300101000000 20200101000000 1 ex.test. AQID",
                "type1 13 2 300 20300101000000 1577836800 01 EX.test AQ ID",
            ],
            not: "A 13 2 300 20300101000001 20200101000000 1 ex.test. AQID"
        ),
        .init(.SVCB, [0, 1] + name("t") + parameters, services, not: "1 t.test alpn=h2 port=443 ipv6hint=2001:db8::2"),
        .init(
            .HTTPS,
            [0, 1] + name("t") + parameters,
            services,
            not: "1 u.test alpn=h2 port=443 ipv6hint=2001:db8::1"
        ),
        .init(.HTTPS, [0, 0] + name("t"), ["0 t.test", "0 t.test.", "0 T.TEST."], not: "0 ."),
        .init(.SVCB, [0, 0] + name("t"), ["0 t.test", "0 t.test."], not: "1 t.test"),
        .init(
            .SVCB,
            [0, 1, 0, 0, 0, 0, 4, 0, 1, 0, 2, 0, 1, 0, 3, 2, 0x68, 0x32, 0, 2, 0, 0],
            [
                "1 . mandatory=alpn,no-default-alpn alpn=h2 no-default-alpn",
                #"1 . no-default-alpn="" alpn=h2 key0="key2,alpn""#,
            ],
            not: "1 . mandatory=alpn alpn=h2 no-default-alpn"
        ),
        .init(.ANY, [0, 10] + name("t"), ["10 t.test.", "010 T.test"], not: "10 u.test"),
    ]

    @Test("every spelling of a record is accepted, and no other record", arguments: spellings)
    func spelling(_ spelling: Spelling) async throws {
        let number = spelling.type == .ANY ? RecordType.MX.number : spelling.type.number
        let server = DNSTarget.answering { $0.answer([DNSQuestion.Record(number, spelling.data)]) }
        let bench = try KindBench(DNSKind.self)
        for mode in [DNSSettings.AnswersMatch.exact, .all, .any] {
            for (text, isEqual) in spelling.equal.map({ ($0, true) }) + [(spelling.other, false)] {
                let outcome = await bench.run(
                    settings("example.test", server.address) {
                        $0.recordType = spelling.type
                        $0.answersMatch = mode
                        $0.answers = [text]
                    }
                )
                let failure = String(describing: outcome.failure)
                #expect(outcome.isSuccess == isEqual, "\(text): \(failure)")
                #expect(isEqual || outcome.failure?.reason == .assertionAnswer, "\(text): \(failure)")
            }
        }
    }

    @Test("every spelling is accepted as a setting", arguments: spellings) func valid(_ spelling: Spelling) {
        for text in spelling.equal {
            let found = complaints(
                DNSKind.self,
                ["query": "a.test", "record_type": .string(spelling.type.rawValue), "answers": [.string(text)]]
            )
            #expect(found.isEmpty, "\(text): \(found)")
        }
    }

    @Test("the table has every type") func types() {
        #expect(Set(Self.spellings.map(\.type)) == Set(RecordType.allCases))
    }
}
