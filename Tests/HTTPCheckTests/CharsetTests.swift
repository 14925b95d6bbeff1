import Base
import Checks
import HTTPCheck
import TestSupport
import Testing

/// Keywords are found in any encoding of the body.
@Suite struct CharsetTests {
    private func run(_ bytes: [UInt8], type: String?, keyword: String = "Größe") async throws -> Outcome {
        let target = LoopbackTarget.answering { _, connection in
            connection.respond("200 OK", headers: type.map { ["Content-Type: \($0)"] } ?? [], bytes: bytes)
        }
        return await (try ProbeBench()).run(target.url()) { $0.keyword = keyword }
    }

    private static let latin1: [UInt8] = [0x47, 0x72, 0xF6, 0xDF, 0x65]
    private static let utf16: [UInt8] = [0x47, 0, 0x72, 0, 0xF6, 0, 0xDF, 0, 0x65, 0]

    static let bodies: [(String?, [UInt8])] = [
        ("text/plain; charset=ISO-8859-1", latin1), ("text/plain; charset=\"latin1\"", latin1),
        ("text/plain;charset=utf-16le", utf16), ("text/plain", [0xFF, 0xFE] + utf16), (nil, [0xFF, 0xFE] + utf16),
        ("text/html", Array("<html><meta charset='iso-8859-1'>".utf8) + latin1),
        ("text/html", Array("<meta http-equiv=x content='text/html; charset=windows-1252'>".utf8) + latin1),
        ("text/html", Array("<p>Größe".utf8)), ("text/plain; charset=utf-8", Array("Größe".utf8)),
        ("text/plain; charset=x-nonsense", Array("Größe".utf8)), (nil, Array("Größe".utf8)),
        ("text/html", Array(String(repeating: " ", count: 2000).utf8) + Array("Größe".utf8)),
    ]

    @Test(arguments: bodies.indices) func keywordIsFoundInEveryCharset(_ index: Int) async throws {
        let (type, bytes) = Self.bodies[index]
        #expect(try await run(bytes, type: type).failure == nil)
        expect(try await run(bytes, type: type, keyword: "Grösse"), .assertionBody, .assertion)
    }

    /// A byte order mark says how the text is encoded, and is no part of it.
    @Test(arguments: ["utf-8", "utf-16le", "utf-16be"])
    func markIsNoPartOfTheText(_ charset: String) async throws {
        let text = Array(#"{"a":1}"#.utf8)
        let bytes: [UInt8] =
            switch charset {
            case "utf-8": [0xEF, 0xBB, 0xBF] + text
            case "utf-16le": [0xFF, 0xFE] + text.flatMap { [$0, UInt8(0)] }
            default: [0xFE, 0xFF] + text.flatMap { [UInt8(0), $0] }
            }
        for type in ["application/json", "text/html", nil] {
            let target = LoopbackTarget.answering { _, connection in
                connection.respond("200 OK", headers: type.map { ["Content-Type: \($0)"] } ?? [], bytes: bytes)
            }
            let outcome = await (try ProbeBench()).run(target.url()) {
                $0.assertions = ["json $.a == 1", #"body == {"a":1}"#].compactMap { try? HTTPAssertion($0) }
                #expect($0.assertions.count == 2)
            }
            #expect(outcome.failure == nil)
        }
    }

    /// A page may declare its encoding within the first kilobyte: a body that never gets there ends at its keyword too.
    @Test(arguments: ["text/html", nil, "text/plain"], [false, true])
    func endlessPageEndsAtItsKeyword(_ type: String?, _ ignoresCase: Bool) async throws {
        let target = LoopbackTarget.answering { _, connection in
            let field = type.map { "Content-Type: \($0)\r\n" } ?? ""
            connection.send("HTTP/1.1 200 OK\r\n\(field)\r\n<p>healthy")
            connection.waitForClose()
        }
        let outcome = await (try ProbeBench()).run(target.url()) {
            ($0.keyword, $0.endsAtMatch, $0.ignoresKeywordCase) = (
                ignoresCase ? "HEALTHY" : "healthy", true, ignoresCase
            )
            $0.timeout = .seconds(60)
        }
        #expect(outcome.failure == nil)
        #expect(outcome.latency < .seconds(50))
    }

    @Test func messageNamesTheCharset() async throws {
        let outcome = try await run(Self.latin1, type: "text/plain; charset=iso-8859-1", keyword: "absent")
        #expect(outcome.failure?.message.contains("read as iso-8859-1") == true)
    }

    @Test func splitCharactersAreJoined() async throws {
        let target = LoopbackTarget.answering { _, connection in
            connection.send(
                "HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=utf-16le\r\nContent-Length: 10\r\n\r\n"
            )
            for byte in Self.utf16 {
                connection.send([byte])
                TestClock.wait(milliseconds: 3)
            }
        }
        #expect(await (try ProbeBench()).run(target.url()) { $0.keyword = "Größe" }.failure == nil)
    }

    @Test func brokenTextDoesNotStopTheSearch() async throws {
        let bytes: [UInt8] = [0xD8, 0x00, 0x00, 0x41] + [0x00, 0x47, 0x00, 0x72, 0x00, 0xF6]
        #expect(try await run(bytes, type: "text/plain; charset=utf-16be", keyword: "Grö").failure == nil)
        #expect(try await run([0x81, 0x47], type: "text/plain; charset=latin1", keyword: "G").failure == nil)
    }
}
