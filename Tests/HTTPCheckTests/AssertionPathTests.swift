import Base
import Checks
import HTTPCheck
import TestSupport
import Testing

/// Assertions on JSON where a body, a path or an expression is odd.
@Suite struct AssertionPathTests {
    private func run(_ assertions: [String], body: String) async throws -> Outcome {
        let target = LoopbackTarget.answering { _, connection in connection.respond(body: body) }
        let read = try assertions.map { try HTTPAssertion($0) }
        return await (try ProbeBench()).run(target.url()) { $0.assertions = read }
    }

    @Test func integersOf64BitsAreComparedExactly() async throws {
        let body = #"{"id":1234567890123456788,"size":2.0,"map":{"b":[1,2.0],"a":null}}"#
        let outcome = try await run(["json $.id == 1234567890123456789"], body: body)
        expect(outcome, .assertionJSON, .assertion)
        let fine = [
            "json $.id == 1234567890123456788", "json $.id != 1234567890123456789", "json $.size == 2",
            #"json $.map == {"a":null,"b":[1.0,2]}"#, #"json $.map != {"a":null,"b":[2,1]}"#,
        ]
        #expect(try await run(fine, body: body).failure == nil)
    }

    @Test func namesThatOnlyLookTheSameAreTwo() async throws {
        let body = "{\"caf\u{E9}\":1,\"cafe\u{301}\":2}"
        let fine = ["json $.caf\u{E9} == 1", "json $.cafe\u{301} == 2", "json $['cafe\\u0301'] == 2"]
        #expect(try await run(fine, body: body).failure == nil)
    }

    @Test func bodyThatIsNoJSONSaysWhereItIsNone() async throws {
        for (body, words) in [
            ("{\"a\":", "unexpected end of text at byte 5"), ("<html>", "expected a value at byte 0"),
            (String(repeating: "[", count: 1000), "nested deeper than 64 levels at byte 64"),
        ] {
            let outcome = try await run(["json $.a exists"], body: body)
            expect(outcome, .assertionJSON, .assertion)
            let message = outcome.failure?.message ?? ""
            #expect(message.contains("the body is no JSON: \(words)"), "\(message)")
        }
    }

    @Test(arguments: [
        (#"json $[?search(@.m,'\\d+')] absent"#, "is no escape of an I-Regexp, at its character 1 (at byte 14)"),
        ("json $[?match(@.m,'(?i)ok')] count == 0", "(at byte 13)"), ("json $[?match(@.m,1)] absent", "only a text"),
    ])
    func expressionThatMatchesNothingIsRefusedAndFails(_ text: String, _ words: String) async throws {
        let members = JSONObject([("url", "http://a.test/"), ("assertions", [.string(text)])])
        // What is stored stays readable.
        let spec = try HTTPKind.spec(members)
        let settings = try #require(spec.settings(of: HTTPKind.self))
        let conflicts = HTTPKind.conflicts(in: settings)
        #expect(conflicts.map(\.field) == ["assertions"])
        #expect(conflicts.first.map { "\($0)" }?.contains(words) == true, "\(conflicts)")
        let outcome = try await run([text], body: #"[{"m":"17 ok"}]"#)
        expect(outcome, .assertionJSON, .assertion)
        #expect(outcome.failure?.message.contains(words) == true, "\(String(describing: outcome.failure))")
        let fine = try HTTPAssertion("json $[?search(@.m,'[0-9]+')] exists")
        #expect(HTTPKind.conflicts(in: HTTPSettings(url: "http://a.test/", options: Self.options(fine))).isEmpty)
    }

    private static func options(_ assertion: HTTPAssertion) -> HTTPSettings.Options {
        var options = HTTPSettings.Options()
        options.assertions = [assertion]
        return options
    }

    /// Each takes millions of steps on this body, which is within its own limit.
    @Test func expressionsOfOneCheckShareTheirSteps() async throws {
        let body = String(repeating: "abcdefgh ", count: 110_000)
        let one = #"body not matches [a-h]+\s[a-h]+\s[a-h]+[0-9]"#
        #expect(try await run([one], body: body).failure == nil)
        let outcome = try await run((1...20).map { one + "{\($0)}" }, body: body)
        expect(outcome, .assertionBody, .assertion)
        #expect(outcome.failure?.message.contains("takes too long") == true)
    }
}
