import Base
import Checks
import HTTPCheck
import TestSupport
import Testing

/// Irregular answers that browsers and curl accept, and those that nobody accepts.
@Suite struct LeniencyTests {
    private func run(_ head: String, _ change: (inout HTTPSettings.Options) -> Void = { _ in }) async throws -> Outcome
    {
        let target = LoopbackTarget.answering { _, connection in
            connection.send(head + "\r\nContent-Length: 2\r\n\r\nok")
        }
        return await (try ProbeBench()).run(target.url(), change)
    }

    @Test(arguments: [
        "HTTP/1.1 200 OK\r\nA b: c", "HTTP/1.1  200 OK", "http/1.1 200 OK", "HTTP/1.1 200 OK\r\nA : c",
        "HTTP/1.1 200 OK\r\nA: b\r\n c", "HTTP/1.1 200 OK\nA: b", "HTTP/1.1 200 OK\r\nA: b\nC: d",
        "HTTP/1.1 200 OK\r\nA: b\rc",
    ])
    func irregularitiesAreNotedOrRefusedWhenStrict(_ head: String) async throws {
        let outcome = try await run(head)
        #expect(outcome.failure == nil && outcome.statusCode == 200)
        #expect(outcome.facts?["notes"]?.arrayValue?.count == 1)
        expect(try await run(head) { $0.isStrict = true }, .httpMalformed, .firstByte)
    }

    /// RFC 9112 §5.2: the lines are joined with a space.
    @Test func foldedFieldIsOneValue() async throws {
        let policy = "Content-Security-Policy: default-src self;\r\n\tscript-src none\r\n  ; img-src *"
        let texts = [
            "header Content-Security-Policy == default-src self; script-src none ; img-src *", "body == größe",
        ]
        let target = LoopbackTarget.answering { _, connection in
            let head = "HTTP/1.1 200 OK\r\n\(policy)\r\nContent-Type: text/html;\r\n charset=iso-8859-1"
            connection.send(Array("\(head)\r\nContent-Length: 5\r\n\r\n".utf8) + [0x67, 0x72, 0xF6, 0xDF, 0x65])
        }
        let outcome = await (try ProbeBench()).run(target.url()) {
            $0.assertions = texts.compactMap { try? HTTPAssertion($0) }
            #expect($0.assertions.count == 2)
        }
        #expect(outcome.failure == nil, "\(String(describing: outcome.failure))")
        #expect(outcome.facts?["notes"]?.arrayValue == ["a header field goes over several lines"])
    }

    @Test func foldedLocationIsFollowed() async throws {
        let target = LoopbackTarget.answering { request, connection in
            if request.contains(" /next ") { return connection.respond() }
            connection.send("HTTP/1.1 302 Found\r\nLocation:\r\n /next\r\nContent-Length: 0\r\n\r\n")
        }
        let outcome = await (try ProbeBench()).run(target.url())
        #expect(outcome.failure == nil && outcome.redirects == 1, "\(outcome)")
    }

    @Test func regularAnswerHasNoNotes() async throws {
        #expect(try await run("HTTP/1.1 200 OK").facts == nil)
    }

    @Test(arguments: [
        ("HTTP/1.1 200 OK\r\nno colon here", "no colon"), ("HTTP/1.1 200 OK\r\nA: b\u{0}c", "NUL"),
        ("HTTP/1.1 200 OK\r\nContent-Length: -2", "Content-Length"), ("HTTP/1.1 099 OK", "status"),
        ("hello", "no status line"), ("HTTP/1.1 1234 OK", "status"), ("HTTP/3.1 200 OK", "version"),
        ("HTTP/2.0 200 OK", "status line"),
    ])
    func messageNamesWhatIsMalformed(_ head: String, _ word: String) async throws {
        let outcome = try await run(head)
        expect(outcome, .httpMalformed, .firstByte)
        #expect(outcome.failure?.message.contains(word) == true, "\(String(describing: outcome.failure))")
    }

    @Test func endlessBodyEndsAtTheMatch() async throws {
        let target = LoopbackTarget.answering { _, connection in
            connection.send("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: ready\n\n")
            connection.waitForClose()
        }
        let bench = try ProbeBench()
        let found = await bench.run(target.url()) { ($0.keyword, $0.endsAtMatch) = ("ready", true) }
        #expect(found.failure == nil && found.statusCode == 200)
        let forbidden = await bench.run(target.url()) { ($0.forbiddenKeyword, $0.endsAtMatch) = ("ready", true) }
        expect(forbidden, .assertionBody, .assertion)
        let late = await bench.run(target.url()) {
            ($0.keyword, $0.endsAtMatch, $0.timeout) = ("absent", true, .milliseconds(300))
        }
        expect(late, .timeoutTransfer, .transfer)
        #expect(late.failure?.message.contains("timed out") == true)
    }
}
