import Base
import Checks
import DNSCheck
import TestSupport
import Testing

/// Records of other names than the queried one.
@Suite("Owners of DNS records") struct DNSOwnerTests {
    private typealias Record = DNSQuestion.Record

    private static func name(_ text: String) -> [UInt8] {
        text.split(separator: ".").flatMap { [UInt8($0.utf8.count)] + Array($0.utf8) } + [0]
    }

    private static func address(_ owner: String, _ last: UInt8, ttl: UInt32 = 300) -> Record {
        Record(1, ttl: ttl, owner: name(owner), [192, 0, 2, last])
    }

    private static func alias(_ owner: String, _ target: String) -> Record {
        Record(5, owner: name(owner), name(target))
    }

    private func run(
        _ records: [Record],
        _ change: (inout DNSSettings.Options) -> Void = { _ in }
    ) async throws -> Outcome {
        let server = DNSTarget.answering { $0.answer(records) }
        return await (try KindBench(DNSKind.self)).run(settings("example.test", server.address, change))
    }

    private func texts(_ outcome: Outcome) -> [String] {
        (outcome.facts?["answers"]?.arrayValue ?? []).compactMap { $0["text"]?.stringValue }
    }

    @Test("a record of another name answers nothing") func foreign() async throws {
        let outcome = try await run([Self.address("victim.test", 66), Self.address("sub.example.test", 66)])
        let words = "the answer has 0 A records, at least 1 expected; 2 of other names or classes do not count"
        expect(outcome, .assertionAnswer, .assertion, words)
        #expect(texts(outcome).isEmpty && outcome.evidence != nil)
        // An alias of another name leads nowhere.
        expect(
            try await run([Self.alias("other.test", "a.test"), Self.address("a.test", 1)]),
            .assertionAnswer,
            .assertion
        )
    }

    @Test("a record of another class answers nothing") func otherClass() async throws {
        var chaos = Record.v4(9, 9, 9, 9)
        chaos.recordClass = 3
        let outcome = try await run([chaos]) { $0.answers = ["9.9.9.9"] }
        expect(outcome, .assertionAnswer, .assertion, "1 of other names or classes do not count")
        // It has data of its own form, and leads nowhere.
        var alias = Self.alias("example.test", "a.test")
        alias.recordClass = 3
        alias.data = [1, 2, 3]
        let mixed = try await run([alias, Self.address("a.test", 66), .v4(192, 0, 2, 1)]) { $0.answers = ["192.0.2.1"] }
        #expect(mixed.isSuccess, "\(String(describing: mixed.failure))")
    }

    @Test("records of other names are left out of every comparison") func mixed() async throws {
        let records = [
            Self.address("victim.test", 66, ttl: 1), Self.address("EXAMPLE.Test", 1), .v4(192, 0, 2, 2),
        ]
        let outcome = try await run(records) {
            $0.answers = ["192.0.2.1", "192.0.2.2"]
            $0.minimumTTL = 60
        }
        #expect(outcome.isSuccess, "\(String(describing: outcome.failure))")
        #expect(texts(outcome) == ["192.0.2.1", "192.0.2.2"])
        expect(try await run(records) { $0.minimumAnswers = 3 }, .assertionAnswer, .assertion, "has 2 A records")
    }

    @Test("aliases are followed in any order and any case", arguments: [false, true])
    func chain(_ isReversed: Bool) async throws {
        let records = [
            Self.alias("example.test", "Two.test"), Self.alias("two.TEST", "three.test"),
            Self.address("three.test", 3), Self.address("four.test", 66),
        ]
        let outcome = try await run(isReversed ? records.reversed() : records) { $0.answers = ["192.0.2.3"] }
        #expect(outcome.isSuccess, "\(String(describing: outcome.failure))")
        #expect(Set(texts(outcome)) == ["Two.test.", "three.test.", "192.0.2.3"])
    }

    @Test("a circle of aliases ends") func circle() async throws {
        let outcome = try await run([
            Self.alias("example.test", "two.test"), Self.alias("two.test", "example.test"),
        ])
        expect(outcome, .assertionAnswer, .assertion, "0 A records")
    }

    @Test("a DNAME above the name belongs to the answer") func delegation() async throws {
        let records = [
            Record(39, owner: Self.name("test"), Self.name("new")), Self.alias("example.test", "example.new"),
            Self.address("example.new", 5),
        ]
        let outcome = try await run(records)
        #expect(outcome.isSuccess, "\(String(describing: outcome.failure))")
        #expect(texts(outcome) == ["new.", "example.new.", "192.0.2.5"])
        let aside = try await run([Record(39, owner: Self.name("other"), Self.name("new")), .v4(192, 0, 2, 1)])
        #expect(aside.isSuccess && texts(aside) == ["192.0.2.1"])
    }

    @Test("the serial of another zone does not count") func serial() async throws {
        let soa = Self.name("ns.test") + Self.name("admin.test") + [0, 0, 0, 9] + [UInt8](repeating: 0, count: 16)
        let outcome = try await run([Record(6, owner: Self.name("test"), soa)]) { $0.recordType = .SOA }
        expect(outcome, .assertionAnswer, .assertion, "0 SOA records")
    }

    @Test("a long chain of aliases costs little") func long() async throws {
        let count = 400
        let records = (0..<count).reversed().map { Self.alias($0 == 0 ? "example.test" : "a\($0).t", "a\($0 + 1).t") }
        let message = DNSTarget(tcp: { connection in
            guard let question = connection.readQuestion() else { return }
            connection.send(message: question.answer(records + [Self.address("a\(count).t", 7)]))
            connection.waitForClose()
        })
        let outcome = await (try KindBench(DNSKind.self)).run(
            settings("example.test", message.address) {
                $0.transport = .tcp
                $0.answers = ["192.0.2.7"]
            }
        )
        #expect(outcome.isSuccess, "\(String(describing: outcome.failure))")
    }
}
