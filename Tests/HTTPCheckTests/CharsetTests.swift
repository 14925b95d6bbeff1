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

    /// A text, its bytes and what declares their encoding.
    static let samples: [(String, [UInt8], String)] = [
        ("日本語", [0x1B, 0x24, 0x42, 0x46, 0x7C, 0x4B, 0x5C, 0x38, 0x6C, 0x1B, 0x28, 0x42], "ISO-2022-JP"),
        ("①", [0xAD, 0xA1], "EUC-JP"), ("똠방", [0x8C, 0x63, 0xB9, 0xE6], "ks_c_5601-1987"),
        ("KEY", [0xD2, 0xC5, 0xE8], "IBM037"), ("KEY", [0xD2, 0xC5, 0xE8], "cp37"),
        ("é", [0x82], "IBM850"), ("ไ", [0xE4], "windows-874"), ("ğ", [0xF0], "ISO_8859-9:1989"),
        ("né", [0, 0, 0, 0x6E, 0, 0, 0, 0xE9], "utf-32be"), ("né", [0x6E, 0, 0, 0, 0xE9, 0, 0, 0], "UTF-32LE"),
        ("né", [0, 0, 0, 0x6E, 0, 0, 0, 0xE9], "utf-32"), ("né", [0x6E, 0, 0, 0, 0xE9, 0, 0, 0], "utf-32"),
        ("né", [0, 0, 0xFE, 0xFF, 0, 0, 0, 0x6E, 0, 0, 0, 0xE9], "utf-32be"),
        ("né", [0xFF, 0xFE, 0, 0, 0x6E, 0, 0, 0, 0xE9, 0, 0, 0], ""),
        ("né", [0xFF, 0xFE, 0, 0, 0x6E, 0, 0xE9, 0], "utf-16le"),
    ]

    @Test(arguments: samples.indices) func textIsConvertedFromItsCharset(_ index: Int) async throws {
        let (text, bytes, label) = Self.samples[index]
        let outcome = try await run(bytes, type: label.isEmpty ? nil : "text/html; charset=\(label)", keyword: text)
        #expect(outcome.failure == nil && outcome.facts == nil, "\(outcome)")
    }

    @Test(arguments: [
        ("text/html", "<meta charset='ISO-2022-JP'>"), ("text/html; charset=nonsense", "<meta charset='iso-2022-jp'>"),
        ("application/xml", "<?xml version='1.0' encoding='ISO-2022-JP'?>"),
    ])
    func pageDeclaresItsCharset(_ type: String, _ start: String) async throws {
        #expect(try await run(Array(start.utf8) + Self.samples[0].1, type: type, keyword: "日本語").failure == nil)
    }

    @Test(arguments: ["utf-7", "x-nonsense", "iso-2022-kr"])
    func unknownCharsetIsSaid(_ label: String) async throws {
        let note = "the charset \(label) is not known: the body is read as UTF-8"
        let found = try await run(Array("Größe".utf8), type: "text/plain; charset=\(label)")
        #expect(found.failure == nil && found.facts?["notes"]?.arrayValue == [.string(note)])
        let missed = try await run(Array("Größe".utf8), type: "text/plain; charset=\(label)", keyword: "absent")
        expect(missed, .assertionBody, .assertion)
        #expect(missed.failure?.message.contains(note) == true)
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
