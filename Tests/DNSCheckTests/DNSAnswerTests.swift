import Base
import Checks
import DNSCheck
import TestSupport
import Testing

/// Settings for a server, with a timeout for a busy machine.
func settings(
    _ query: String = "example.test",
    _ server: String? = nil,
    _ change: (inout DNSSettings.Options) -> Void = { _ in }
) -> DNSSettings {
    var settings = DNSSettings()
    settings.query = query
    settings.options.server = server
    settings.options.timeout = .seconds(60)
    settings.options.queryRetries = 0
    change(&settings.options)
    return settings
}

/// Expects a failure for a reason, in a phase, that the kind declares.
func expect(
    _ outcome: Outcome,
    _ reason: Reason,
    _ phase: Phase,
    _ words: String = "",
    _ location: SourceLocation = #_sourceLocation
) {
    #expect(outcome.failure?.reason == reason, "\(String(describing: outcome.failure))", sourceLocation: location)
    #expect(outcome.failure?.phase == phase, "\(String(describing: outcome.failure))", sourceLocation: location)
    let holds = outcome.failure?.message.contains(words) == true || words.isEmpty
    #expect(holds, "\(String(describing: outcome.failure))", sourceLocation: location)
    #expect(DNSKind.reasons.contains(reason), sourceLocation: location)
}

@Suite("DNS answers") struct DNSAnswerTests {
    private typealias Record = DNSQuestion.Record
    private static let mail: [UInt8] = [4] + Array("mail".utf8) + [0xC0, 12]

    /// The zone of these tests.
    @Sendable private static func zone(_ question: DNSQuestion) -> [UInt8] {
        switch (question.name, question.type) {
        case ("example.test", 1): question.answer([.v4(192, 0, 2, 1, ttl: 60), .v4(192, 0, 2, 2, ttl: 600)])
        case ("example.test", 28):
            question.answer([Record(28, [0x20, 1, 0x0D, 0xB8] + Array(repeating: 0, count: 11) + [1])])
        case ("example.test", 15): question.answer([Record(15, [0, 10] + mail)], flags: 0x0400)
        case ("example.test", 16): question.answer([Record(16, [4] + Array("v=sp".utf8) + [6] + Array("f1 all".utf8))])
        case ("example.test", 43): question.answer([Record(43, [0, 1, 8, 2, 0xAB, 0xCD])], flags: 0x0020)
        case ("example.test", 255): question.answer([.v4(192, 0, 2, 1), Record(16, [1, 0x61])])
        case ("long.test", 16): question.answer([Record(16, [60] + [UInt8](repeating: 0x61, count: 60))])
        case ("alias.test", 1): question.answer([Record(5, mail), .v4(192, 0, 2, 3)])
        case ("1.2.0.192.in-addr.arpa", 12): question.answer([Record(12, mail)])
        case ("empty.test", _): question.answer()
        case ("broken.test", _): question.answer(code: 2)
        case ("closed.test", _): question.answer(code: 5)
        default: question.answer(code: 3)
        }
    }

    private func run(_ query: String, _ change: (inout DNSSettings.Options) -> Void = { _ in }) async throws -> Outcome
    {
        let server = DNSTarget.answering(Self.zone)
        return await (try KindBench(DNSKind.self)).run(settings(query, server.address, change))
    }

    @Test("an expected answer has every fact") func facts() async throws {
        let server = DNSTarget.answering(Self.zone)
        let outcome = await (try KindBench(DNSKind.self)).run(settings("example.test", server.address))
        #expect(outcome.isSuccess, "\(String(describing: outcome.failure))")
        let answers: JSONValue = [
            ["type": "A", "ttl": 60, "text": "192.0.2.1"], ["type": "A", "ttl": 600, "text": "192.0.2.2"],
        ]
        #expect(outcome.facts?["answers"] == answers && outcome.facts?["rcode"] == "NOERROR")
        #expect(outcome.facts?["flags"] == ["ra"] && outcome.facts?["transport"] == "udp")
        #expect(outcome.facts?["server"] == .string(server.address) && outcome.remoteAddress == server.address)
        #expect(outcome.phases.request != nil && outcome.phases.dns == nil && outcome.phases.connect == nil)
        #expect(outcome.evidence == nil)
        let question = try #require(server.questions.first)
        #expect(question.isRecursive && question.hasEDNS && !question.wantsSignatures)
    }

    private static let matches: [(String, RecordType, DNSSettings.AnswersMatch, [String])] = [
        ("example.test", .A, .exact, ["192.0.2.2", "192.0.2.1"]), ("example.test", .A, .all, ["192.0.2.2"]),
        ("example.test", .A, .any, ["192.0.2.9", "192.0.2.1"]), ("example.test", .AAAA, .exact, ["2001:DB8:0::1"]),
        ("example.test", .MX, .exact, ["10 MAIL.example.test"]),
        ("example.test", .MX, .exact, ["10 mail.example.test."]),
        ("example.test", .TXT, .exact, ["v=spf1 all"]), ("example.test", .TXT, .exact, [#""v=sp" "f1 all""#]),
        ("example.test", .DS, .exact, ["1 8 2 AB CD"]), ("alias.test", .A, .exact, ["192.0.2.3"]),
        ("192.0.2.1", .PTR, .exact, ["mail.1.2.0.192.in-addr.arpa"]), ("example.test", .ANY, .all, ["192.0.2.1"]),
        ("example.test", .A, .regex, ["^192[.]0[.]2[.]1$", "2$"]), ("example.test", .TXT, .regex, ["^v=spf1 "]),
    ]

    @Test("an answer with the expected records passes", arguments: matches)
    func match(_ query: String, _ type: RecordType, _ mode: DNSSettings.AnswersMatch, _ records: [String]) async throws
    {
        let outcome = try await run(query) {
            $0.recordType = type
            $0.answersMatch = mode
            $0.answers = records
        }
        #expect(outcome.isSuccess, "\(String(describing: outcome.failure))")
    }

    private static let mismatches: [(RecordType, DNSSettings.AnswersMatch, [String], String)] = [
        (.A, .exact, ["192.0.2.1"], "192.0.2.2 is in the answer and not expected"),
        (.A, .exact, ["192.0.2.1", "192.0.2.2", "192.0.2.3"], "192.0.2.3 is not in the answer"),
        (.A, .all, ["192.0.2.1", "192.0.2.3"], "192.0.2.3 is not in the answer"),
        (.A, .any, ["192.0.2.3"], "none of the expected records"), (.MX, .exact, ["20 mail.example.test"], "20 mail"),
        (.TXT, .exact, ["V=spf1 all"], "V=spf1 all is not in the answer"),
        (.A, .regex, ["^192", "^10"], "no record matches ^10"),
    ]

    @Test("an expression that explodes on an answer fails the check") func explosion() async throws {
        let outcome = try await run("long.test") {
            $0.recordType = .TXT
            $0.answersMatch = .regex
            $0.answers = ["^.(a+)+[b-z]$"]
        }
        expect(
            outcome,
            .assertionAnswer,
            .assertion,
            "the records could not be compared: the expression takes too long"
        )
    }

    @Test("an answer with other records fails", arguments: mismatches)
    func mismatch(_ type: RecordType, _ mode: DNSSettings.AnswersMatch, _ records: [String], _ words: String)
        async throws
    {
        let outcome = try await run("example.test") {
            $0.recordType = type
            $0.answersMatch = mode
            $0.answers = records
        }
        expect(outcome, .assertionAnswer, .assertion, words)
        let text = String(decoding: outcome.evidence?.body ?? [], as: UTF8.self)
        #expect(text.contains(";; question\nexample.test. IN \(type.rawValue)\n;; answer\nexample.test. "), "\(text)")
        #expect(outcome.evidence?.headers.map(\.name) == ["server", "transport", "rcode", "flags"])
        #expect(outcome.facts != nil)
    }

    @Test("an answer without a record of the type fails unless none is expected") func empty() async throws {
        expect(try await run("empty.test"), .assertionAnswer, .assertion, "0 A records, at least 1")
        #expect(try await run("empty.test") { $0.minimumAnswers = 0 }.isSuccess)
        expect(try await run("example.test") { $0.minimumAnswers = 3 }, .assertionAnswer, .assertion, "2 A records")
    }

    private static let codes: [(String, ResponseCode, String)] = [
        ("nowhere.test", .noSuchName, "NXDOMAIN"), ("broken.test", .serverFailure, "SERVFAIL"),
        ("closed.test", .refused, "REFUSED"),
    ]

    @Test("only the expected response code passes", arguments: codes)
    func code(_ query: String, _ code: ResponseCode, _ word: String) async throws {
        let outcome = try await run(query)
        expect(outcome, .dnsRcode, .request, "the response code is \(word), expected NOERROR")
        #expect(outcome.facts?["rcode"] == .string(word))
        #expect(try await run(query) { $0.responseCode = code }.isSuccess)
        expect(
            try await run("example.test") { $0.responseCode = code },
            .dnsRcode,
            .request,
            "NOERROR, expected \(word)"
        )
    }

    @Test("the required flags must be set") func flags() async throws {
        expect(try await run("example.test") { $0.expectsAuthoritative = true }, .assertionAnswer, .assertion, "AA")
        expect(try await run("example.test") { $0.expectsDNSSEC = true }, .assertionAnswer, .assertion, "AD")
        let authoritative = try await run("example.test") {
            $0.recordType = .MX
            $0.expectsAuthoritative = true
        }
        #expect(authoritative.isSuccess && authoritative.facts?["flags"] == ["aa"])
        let server = DNSTarget.answering(Self.zone)
        let signed = await (try KindBench(DNSKind.self)).run(
            settings("example.test", server.address) {
                $0.recordType = .DS
                $0.expectsDNSSEC = true
                $0.isRecursive = false
            }
        )
        #expect(signed.isSuccess && signed.facts?["flags"] == ["ad"])
        #expect(server.questions.first?.wantsSignatures == true && server.questions.first?.isRecursive == false)
    }

    @Test("TTLs must be within the bounds") func lifetime() async throws {
        expect(
            try await run("example.test") { $0.minimumTTL = 61 },
            .assertionAnswer,
            .assertion,
            "60 seconds, at least 61"
        )
        expect(
            try await run("example.test") { $0.maximumTTL = 599 },
            .assertionAnswer,
            .assertion,
            "600 seconds, at most 599"
        )
        let outcome = try await run("example.test") {
            $0.minimumTTL = 60
            $0.maximumTTL = 600
        }
        #expect(outcome.isSuccess)
    }

    /// A server with a serial number.
    private func start(_ serial: UInt8) -> DNSTarget {
        DNSTarget.answering { question in
            question.answer([Record(6, [0, 0, 0, 0, 0, serial] + Array(repeating: 0, count: 16))], flags: 0x0400)
        }
    }

    @Test("SOA serials of several servers are compared") func serials() async throws {
        let (one, same, other) = (start(5), start(5), start(6))
        let bench = try KindBench(DNSKind.self)
        func run(_ servers: [String]) async -> Outcome {
            await bench.run(
                settings("example.test") {
                    $0.servers = servers
                    $0.recordType = .SOA
                    $0.sameSerial = true
                }
            )
        }
        let equal = await run([one.address, same.address])
        #expect(equal.isSuccess, "\(String(describing: equal.failure))")
        #expect(equal.facts?["serials"]?.arrayValue?.compactMap { $0["serial"] } == [5, 5])
        let unequal = await run([one.address, same.address, other.address])
        expect(unequal, .assertionAnswer, .assertion, "\(other.address) has 6")
        #expect(unequal.facts?["serials"]?.arrayValue?.count == 3)
        let silent = DNSTarget()
        let partly = await bench.run(
            settings("example.test") {
                $0.servers = [one.address, silent.address]
                $0.recordType = .SOA
                $0.timeout = .milliseconds(300)
            }
        )
        expect(partly, .answerTimeout, .request, "\(silent.address): timed out")
    }
}
