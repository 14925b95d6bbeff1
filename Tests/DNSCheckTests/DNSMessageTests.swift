import Base
import DNSCheck
import Testing

/// A message around the data of one record, and the query that it answers.
struct Exchange {
    var query: [UInt8]
    var questionEnd: Int
    var answer: [UInt8]

    init(_ type: UInt16 = 1, data: [UInt8] = [192, 0, 2, 1], name: String = "example.org") {
        let encoded = (try? DNSName.encode(name)) ?? [0]
        query = DNSQuery.encode(name: encoded, type: type, isRecursive: true, isSigned: false)
        query[1] = 7
        questionEnd = DNSQuery.questionEnd(nameSize: encoded.count)
        answer = query[0..<2] + [0x81, 0x80, 0, 1, 0, 1, 0, 0, 0, 0] + query[12..<questionEnd]
        answer += [0xC0, 12, UInt8(type >> 8), UInt8(type & 255), 0, 1, 0, 0, 1, 44]
        answer += [UInt8(data.count >> 8), UInt8(data.count & 255)] + data
    }

    func read() throws(DNSMessageError) -> DNSMessage {
        let result = answer.withUnsafeBytes { bytes -> Result<DNSMessage, DNSMessageError> in
            do throws(DNSMessageError) {
                return .success(try DNSMessage(bytes, to: query, questionEnd: questionEnd))
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }
}

@Suite("DNS messages") struct DNSMessageTests {
    private static let v6: [UInt8] = [0x20, 1, 0x0D, 0xB8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]
    private static let name: [UInt8] = [4] + Array("mail".utf8) + [0xC0, 12]
    private static let five: [UInt8] = [0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 4, 255, 255, 255, 255]

    private static let texts: [(UInt16, [UInt8], String)] = [
        (1, [192, 0, 2, 1], "192.0.2.1"), (28, v6, "2001:db8::1"), (5, name, "mail.example.org."), (2, [0], "."),
        (12, [3, 0x61, 0x2E, 0x62, 0], #"a\.b."#), (39, [2, 0x20, 0xFF, 0], #"\032\255."#),
        (15, [0, 10] + name, "10 mail.example.org."), (33, [0, 1, 0, 2, 1, 187] + name, "1 2 443 mail.example.org."),
        (6, name + [0] + five, "mail.example.org. . 1 2 3 4 4294967295"),
        (16, [3] + Array("a b".utf8) + [2, 0x22, 0x5C] + [1, 0], #""a b" "\"\\" "\000""#),
        (257, [0, 5] + Array("issueca.example".utf8), #"0 issue "ca.example""#),
        (35, [0, 1, 0, 2, 1, 0x53, 0, 0] + name, #"1 2 "S" "" "" mail.example.org."#),
        (52, [3, 1, 1, 0xAB, 0xCD], "3 1 1 abcd"), (43, [1, 0, 8, 2, 0xAB], "256 8 2 ab"),
        (44, [1, 2, 0xEF], "1 2 ef"),
        (48, [1, 1, 3, 8, 1, 2, 3], "257 3 8 AQID"), (256, [0, 1, 0, 2] + Array("x:y".utf8), #"1 2 "x:y""#),
        (65, [0, 1, 0, 0, 1, 0, 3, 2] + Array("h2".utf8) + [0, 3, 0, 2, 1, 187], "1 . alpn=h2 port=443"),
        (64, [0, 1, 0, 0, 4, 0, 8, 1, 2, 3, 4, 5, 6, 7, 8], "1 . ipv4hint=1.2.3.4,5.6.7.8"),
        (
            64, [0, 1, 0, 0, 0, 0, 4, 0, 1, 0, 2, 0, 2, 0, 0, 2, 0x9A, 0, 1, 0x78],
            #"1 . mandatory=alpn,no-default-alpn no-default-alpn key666="x""#
        ),
        (47, [0, 0, 3, 0x40, 0, 0x80], ". A TXT"), (65_280, [1, 2], "\\# 2 0102"), (65_280, [], "\\# 0"),
        (13, [1, 0x61, 1, 0x62], #""a" "b""#), (99, [1, 0x61], #""a""#),
        (46, [0, 1, 8, 2] + five[0..<12] + [0, 5, 0, 1, 2], "A 8 2 1 2 3 5 . AQI="),
    ]

    @Test("record data is printed as in zone files", arguments: texts)
    func text(_ type: UInt16, _ data: [UInt8], _ text: String) throws {
        let message = try Exchange(type, data: data).read()
        #expect(message.answers.map(\.text) == [text] && message.answers.first?.ttl == 300)
        #expect(message.code == 0 && message.isRecursionAvailable && !message.isAuthentic && message.identifier == 7)
    }

    private static let malformed: [(UInt16, [UInt8])] = [
        (1, [1, 2, 3]), (1, [1, 2, 3, 4, 5]), (28, [1]), (15, [0, 10]), (15, [0]), (16, []), (16, [5, 1]),
        (6, name + name),
        (6, name + name + five + [0]), (33, [0, 1]), (257, [0, 0, 1]), (257, [0, 9, 1]), (257, [0, 1, 0x2E]), (5, []),
        (5, [0, 0]), (35, [0, 1, 0, 2, 9]), (65, [0, 1, 0, 0, 1, 0, 3, 9, 9, 9]), (65, [0, 1, 0, 0, 3, 0, 1, 1]),
        (65, [0, 1, 0, 0, 3, 0, 2, 1, 1, 0, 1, 0, 2, 1, 1]), (65, [0, 1, 0, 0, 2, 0, 1, 1]), (47, [0, 0, 0]),
        (47, [0, 0, 33]),
        (47, [0, 1, 1, 1, 0, 1, 1]), (43, [1]), (48, [1, 1]),
    ]

    @Test("data that is invalid for its type is malformed", arguments: malformed)
    func isMalformed(_ type: UInt16, _ data: [UInt8]) {
        #expect(throws: DNSMessageError.self) { try Exchange(type, data: data).read() }
    }

    /// The answer's name is at offset 29, its data at 41.
    private static let names: [[UInt8]] = [
        [0xC0, 41], [0xC0, 42], [0xC0, 43], [0xC0, 0], [0xC0, 11], [0xC0], [0xFF, 0xFF], [0x40, 0], [0x80, 0], [1],
        [1, 0x61],
        [1, 0x61, 0xC0, 41], [63],
        Array(repeatElement([63] + [UInt8](repeating: 97, count: 63), count: 4).joined()) + [0],
    ]

    @Test("names with dangling, cyclic or too long pointers are malformed", arguments: names)
    func badName(_ data: [UInt8]) { #expect(throws: DNSMessageError.self) { try Exchange(5, data: data).read() } }

    @Test("a chain of backward pointers is followed up to the length limit of a name") func pointers()
        throws
    {
        // The data of the first record, at offset 41, holds the chain; a CNAME after it points to its end.
        func chain(_ count: Int) throws -> String? {
            var data: [UInt8] = [1, 0x61, 0]
            var last = 41
            for _ in 0..<count {
                let target = last
                last = 41 + data.count
                data += [1, 0x62, 0xC0 | UInt8(target >> 8), UInt8(target & 255)]
            }
            var exchange = Exchange(65_280, data: data)
            exchange.answer[7] = 2
            exchange.answer += [0xC0, 12, 0, 5, 0, 1, 0, 0, 0, 0, 0, 2, 0xC0 | UInt8(last >> 8), UInt8(last & 255)]
            return try exchange.read().answers.last?.text
        }
        #expect(try chain(126) == String(repeating: "b.", count: 126) + "a.")
        #expect(throws: DNSMessageError.name) { try chain(127) }
    }

    @Test("answers to other questions are distinguished from malformed ones") func question() throws {
        var exchange = Exchange()
        exchange.answer[13] ^= 0x20  // The case of letters does not matter in names.
        #expect(try exchange.read().answers.count == 1)
        exchange.answer[13] ^= 1
        #expect(throws: DNSMessageError.question) { try exchange.read() }
        exchange = Exchange()
        exchange.answer[26] = 28
        #expect(throws: DNSMessageError.question) { try exchange.read() }
        exchange = Exchange()
        exchange.answer[5] = 0
        #expect(throws: DNSMessageError.question) { try exchange.read() }
        exchange = Exchange()
        exchange.answer[2] &= 0x7F
        #expect(throws: DNSMessageError.notAnAnswer) { try exchange.read() }
        exchange = Exchange()
        exchange.answer[6] = 0xFF
        #expect(throws: DNSMessageError.short) { try exchange.read() }
    }

    @Test("as many records are read as fit in a message") func many() throws {
        var exchange = Exchange()
        let record = exchange.answer.suffix(16)
        let count = (65_535 - exchange.answer.count) / 16
        for _ in 0..<count { exchange.answer += record }
        exchange.answer[6] = UInt8((count + 1) >> 8)
        exchange.answer[7] = UInt8((count + 1) & 255)
        #expect(try exchange.read().answers.count == count + 1)
        #expect(count > 4000)
    }

    @Test("records that expand to very long texts are refused") func expansion() throws {
        let label: [UInt8] = [63] + [UInt8](repeating: 1, count: 63)
        let long = label + label + [0]
        var exchange = Exchange(2, data: long)
        // Each points to the name in the first record.
        let position = exchange.answer.count - long.count
        let record: [UInt8] = [
            0xC0, 12, 0, 2, 0, 1, 0, 0, 1, 44, 0, 2, 0xC0 | UInt8(position >> 8), UInt8(position & 255),
        ]
        for _ in 0..<4000 { exchange.answer += record }
        exchange.answer[6] = UInt8(4001 >> 8)
        exchange.answer[7] = UInt8(4001 & 255)
        #expect(throws: DNSMessageError.tooLong) { try exchange.read() }
        #expect("\(DNSMessageError.tooLong)".contains("1048576"))
    }

    @Test("the response code includes the EDNS bits, a TTL has 31 bits") func edns() throws {
        var exchange = Exchange()
        exchange.answer[11] = 1
        exchange.answer[33] = 0x80
        exchange.answer += [0, 0, 41, 4, 208, 1, 0, 0, 0, 0, 0]
        let message = try exchange.read()
        #expect(message.code == 16 && message.hasEDNS)
    }

    @Test("an answer truncated anywhere is an error, never a crash") func cut() throws {
        for (type, data, _) in Self.texts {
            let whole = Exchange(type, data: data)
            for count in 0..<whole.answer.count {
                var exchange = whole
                exchange.answer.removeLast(whole.answer.count - count)
                #expect(throws: DNSMessageError.self) { try exchange.read() }
            }
        }
    }

    @Test("random bytes never crash", arguments: 0..<20) func fuzz(_ seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<2000 {
            let (type, data, _) = Self.texts[Int.random(in: 0..<Self.texts.count, using: &random)]
            var exchange = Exchange(type, data: data)
            for _ in 0..<Int.random(in: 1...6, using: &random) {
                let index = Int.random(in: 0..<exchange.answer.count, using: &random)
                switch Int.random(in: 0..<4, using: &random) {
                case 0: exchange.answer[index] = UInt8.random(in: 0...255, using: &random)
                case 1: exchange.answer[index] = [0, 0xC0, 0xFF, 12][Int.random(in: 0..<4, using: &random)]
                case 2: exchange.answer.insert(UInt8.random(in: 0...255, using: &random), at: index)
                default: if exchange.answer.count > 1 { exchange.answer.remove(at: index) }
                }
            }
            check(exchange)
            exchange.answer = (0..<Int.random(in: 0...200, using: &random)).map { _ in
                .random(in: 0...255, using: &random)
            }
            check(exchange)
        }
    }

    private func check(_ exchange: Exchange) {
        do throws(DNSMessageError) {
            let message = try exchange.read()
            #expect(message.answers.reduce(0) { $0 + $1.text.utf8.count } <= DNSMessage.textLimit)
        } catch {
            #expect(!error.description.isEmpty)
        }
        let text = exchange.answer.withUnsafeBytes { MessageText.lines($0, limit: 4096) }
        #expect(text.count <= 4096)
    }

    @Test("an answer is printed with its question and authority section") func lines() {
        let text = Exchange().answer.withUnsafeBytes { MessageText.lines($0, limit: 4096) }
        let wanted = ";; question\nexample.org. IN A\n;; answer\nexample.org. 300 IN A 192.0.2.1\n"
        #expect(String(decoding: text, as: UTF8.self) == wanted)
    }
}

@Suite("DNS names") struct DNSNameTests {
    private static let good: [(String, [UInt8])] = [
        (".", [0]), ("a", [1, 97, 0]), ("a.", [1, 97, 0]), ("a.bc", [1, 97, 2, 98, 99, 0]), ("*.a", [1, 42, 1, 97, 0]),
        ("_x.a", [2, 95, 120, 1, 97, 0]), (#"a\.b"#, [3, 97, 46, 98, 0]), (#"\065"#, [1, 65, 0]),
        (#"\000.a"#, [1, 0, 1, 97, 0]),
    ]

    @Test("names are encoded label by label", arguments: good) func encode(_ text: String, _ bytes: [UInt8]) throws {
        #expect(try DNSName.encode(text) == bytes)
    }

    private static let long = String(repeating: "a", count: 63)
    private static let bad: [(String, DNSName.ParseError)] = [
        ("", .empty), ("..", .emptyLabel), (".a", .emptyLabel), ("a..b", .emptyLabel), ("a..", .emptyLabel),
        ("bücher", .notASCII),
        ("a b", .notASCII), (long + "a", .longLabel), (long + "a.b", .longLabel),
        ("\(long).\(long).\(long).\(long)", .longName),
        (#"\"#, .badEscape), (#"\25"#, .badEscape), (#"\256"#, .badEscape), (#"\2x5"#, .badEscape),
    ]

    @Test("invalid names are explained", arguments: bad) func fault(_ text: String, _ fault: DNSName.ParseError) {
        #expect(throws: fault) { try DNSName.encode(text) }
        #expect(!fault.description.isEmpty)
    }

    @Test("the reverse name of an address is built") func reverse() throws {
        #expect(DNSName.reverse(try #require(IPAddress("192.0.2.1"))) == "1.2.0.192.in-addr.arpa")
        let v6 = DNSName.reverse(try #require(IPAddress("2001:db8::1")))
        #expect(v6 == "1." + String(repeating: "0.", count: 23) + "8.b.d.0.1.0.0.2.ip6.arpa")
    }
}
