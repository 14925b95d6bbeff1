import Base
import Patterns
import Testing

/// The regular expressions of `match` and `search` (RFC 9485).
@Suite("The expressions of JSONPath") struct JSONPathExpressionTests {
    private static func quoted(_ pattern: String) -> String {
        "'" + pattern.replacing("\\", with: "\\\\").replacing("'", with: "\\'") + "'"
    }

    @Test(
        "match takes the whole text, search any part of it",
        arguments: [
            ("a.*", "ab", true, true), ("a.*", "bab", false, true), ("a|ab", "ab", true, true),
            ("a|ab", "abb", false, true), ("", "", true, true),
            ("", "a", false, true), ("|a", "a", true, true), ("(ab)+", "abab", true, true),
            ("(a|(b|c))d", "cd", true, true), ("a{2}", "aaa", false, true),
            ("a{2,}", "aaa", true, true), ("a{0,2}", "aaa", false, true), ("a{2,3}", "aaa", true, true),
            ("a?b", "b", true, true), ("[a-c]x", "bx", true, true),
            ("[^a-c]x", "bx", false, false), ("[^a-c]x", "dx", true, true), ("[-a]", "-", true, true),
            ("[a-]", "-", true, true), ("[^-a]", "-", false, false),
            ("[.]", "x", false, false), ("[.]", ".", true, true), (#"[\]]"#, "]", true, true),
            (#"[\^\-\[]"#, "^", true, true),
            ("[$^|(){}*+?,]", "$", true, true), (#"\.\*\+\?\(\)\[\]\{\}\|\\\^\-"#, ".*+?()[]{}|\\^-", true, true),
            (#"\n\r\t"#, "\n\r\t", true, true),
            (".", "\u{2028}", true, true), (".", "\n", false, false), (".", "\r", false, false), (".", "𝄞", true, true),
            (".b", "éb", true, true),
            (#"\p{Lu}"#, "É", true, true), (#"\P{Lu}"#, "É", false, false), (#"\p{L}+"#, "Éaж", true, true),
            (#"[\p{Nd}x]+"#, "1٣x", true, true),
            (#"[^\p{L}]"#, "1", true, true), (#"[\P{L}]"#, "a", false, false), ("^a$", "a", true, true),
            ("^a", "ba", false, false), ("a$", "a\n", false, false),
            ("(^a|b)c", "xbc", false, true), (#"\$"#, "$", true, true), ("a-b", "a-b", true, true),
            ("a,b", "a,b", true, true), ("a b", "a b", true, true),
            ("#a", "#a", true, true), ("ä", "a\u{308}", false, false),
            ("&&~`@!%<>=:;\"/_", "&&~`@!%<>=:;\"/_", true, true), ("[a&&b]", "&", true, true),
        ]
    )
    func matching(_ pattern: String, _ text: String, _ isMatch: Bool, _ isFound: Bool) throws {
        let value: JSONValue = [.string(text)]
        for (function, wanted) in [("match", isMatch), ("search", isFound)] {
            let path = try JSONPath("$[?\(function)(@,\(Self.quoted(pattern)))]")
            #expect(path.flaws.isEmpty, "\(path.flaws)")
            #expect(try !path.nodes(in: value).isEmpty == wanted, "\(function)")
            // An expression of the text is read the same way.
            let both: JSONValue = [["p": .string(pattern), "t": .string(text)]]
            #expect(try !JSONPath("$[?\(function)(@.t,@.p)]").nodes(in: both).isEmpty == wanted, "\(function)")
        }
    }

    @Test(
        "what is no I-Regexp matches nothing, and the path says why and where",
        arguments: [
            ("a{", 3), ("a{,3}", 3), ("a{1", 4), ("a{1,2", 6), ("a{2,1}", 2), ("a{99999}", 2), ("a}", 2), ("a]", 2),
            ("]", 1), ("}", 1), ("*a", 1), ("a|*", 3),
            ("(+)", 2), ("{1}", 1), ("a**", 3), ("a+?", 3), ("a*+", 3), ("a{2}{3}", 5), ("a{2}?", 5), ("(a", 1),
            ("a)", 2), ("(?:a)", 2), ("(?i)a", 2),
            ("(?=a)", 2), ("(*ACCEPT)", 2), ("[", 1), ("[]", 1), ("[^]", 1), ("[a", 1), ("[a-", 3), ("[z-a]", 2),
            ("[a-c-e]", 5), ("[a--]", 4), ("[a[b]", 3),
            ("[[:alpha:]]", 2), (#"[a-\p{L}]"#, 2), (#"\d"#, 1), (#"a\w"#, 2), (#"\b"#, 1), (#"\1"#, 1), (#"\x41"#, 1),
            (#"\Q"#, 1), (#"\/"#, 1), ("a\\", 2),
            (#"\p"#, 1), (#"\pL"#, 1), (#"\p{}"#, 1), (#"\p{Lx}"#, 1), (#"\p{Cs}"#, 1), (#"\p{Greek}"#, 1),
            (#"\p{L"#, 1), (#"\p{^L}"#, 1), (#"[\d]"#, 2),
            (String(repeating: "(", count: 33) + String(repeating: ")", count: 33), 34),
        ]
    )
    func flaws(_ pattern: String, _ place: Int) throws {
        let path = try JSONPath("$[?search(@,\(Self.quoted(pattern)))]")
        #expect(path.flaws.count == 1)
        let text = path.flaws.first.map { "\($0)" } ?? ""
        #expect(text.contains("at its character \(place) (at byte 12)"), "\(text)")
        let texts: JSONValue = ["", "a", .string(pattern), "aa", "1", "\\"]
        #expect(try path.nodes(in: texts).isEmpty)
        #expect(try JSONPath("$[?!search(@,\(Self.quoted(pattern)))]").nodes(in: texts).count == 6)
    }

    @Test("what is no text does not match", arguments: ["1", "null", "true", "@.n", "@.o", "@.x", "length(@.n)"])
    func otherTypes(_ argument: String) throws {
        let value: JSONValue = [["n": 1, "o": ["a": 1], "s": "1"]]
        for function in ["match", "search"] {
            #expect(try JSONPath("$[?\(function)(\(argument),'.*')]").nodes(in: value).isEmpty)
            #expect(try JSONPath("$[?\(function)(@.s,\(argument))]").nodes(in: value).isEmpty)
            #expect(try JSONPath("$[?!\(function)(@.s,\(argument))]").nodes(in: value).count == 1)
        }
    }
}
