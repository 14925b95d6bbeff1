import Base
import Patterns
import Testing

/// Which texts are paths, by the grammar of RFC 9535 (appendix A).
@Suite("The grammar of JSONPath") struct JSONPathGrammarTests {
    private static let blanks = ["", " ", "\t", "\n", "\r", " \n\t\r"]
    private static let document = #"{"a":{"k":[{"c":1},{"d":2},{"c":5}]}}"#

    private static func isPath(_ text: String) -> Bool { (try? JSONPath(text)) != nil }

    private static func paths(_ text: String) throws -> [String] {
        try JSONPath(text).normalizedPaths(in: try JSONValue(parsing: document))
    }

    @Test("blank space is taken between tokens, and changes nothing", arguments: blanks) func blankSpace(
        _ blank: String
    ) throws {
        let marked = [
            "$_.a_[_'k'_]_[_0_,_1_]": ["$['a']['k'][0]", "$['a']['k'][1]"],
            "$_..k_[_0_:_3_:_2_,_-1_,_*_]_.c": [0, 2, 2, 0, 2].map { "$['a']['k'][\($0)]['c']" },
            "$.a.k[_?_@_.c_==_1_||_!_@_.c_&&_!_(_@_[_'d'_]_>_2_)_]": ["$['a']['k'][0]", "$['a']['k'][1]"],
            "$.a.k[_?_count(_@_.*_)_==_length(_@_)_&&_search(_'ab'_,_\"b\"_)_,_?_@.x_]":
                (0...2).map { "$['a']['k'][\($0)]" },
        ]
        for (text, wanted) in marked {
            // Everywhere, and at each place alone.
            let parts = text.split(separator: "_", omittingEmptySubsequences: false)
            #expect(try Self.paths(parts.joined(separator: blank)) == wanted)
            for place in 1..<parts.count {
                let one = parts[..<place].joined() + blank + parts[place...].joined()
                #expect(try Self.paths(one) == wanted, "\(one.debugDescription)")
            }
        }
    }

    @Test("blank space is refused inside of tokens and around the path", arguments: blanks.dropFirst())
    func noBlankSpace(_ blank: String) {
        for text in [
            "_$", "$_", "$.a_", "$._a", "$._*", "$.._a", "$.._*", "$.._[0]", "$._.a", "$[-_1]", "$[1_2]", "$[0:-_1]",
            "$[?@.a=_=1]", "$[?@.a!_=1]", "$[?@.a<_=1]", "$[?@.a&_&@.b]", "$[?@.a|_|@.b]", "$[?count_(@)==1]",
            "$[?@.a==-_1]", "$[?@.a==1_.5]", "$[?@.a==1._5]", "$[?@.a==1_e2]", "$[?@.a==1e_2]", "$[?@.a==tr_ue]",
            "$[?@._a]",
        ] {
            let spaced = text.replacing("_", with: blank)
            #expect(!Self.isPath(spaced), "\(spaced.debugDescription)")
        }
    }

    @Test("other space is none", arguments: ["\u{B}", "\u{C}", "\u{A0}", "\u{2028}", "\u{FEFF}"]) func otherSpace(
        _ space: String
    ) {
        for text in ["$_['a']", "$[_'a']", "$['a'_]", "$['a']_['b']", "$[?_@.a]", "$[0_:1]"] {
            let spaced = text.replacing("_", with: space)
            #expect(!Self.isPath(spaced), "\(spaced.debugDescription)")
        }
    }

    @Test(
        "the shape of a path",
        arguments: [
            "", "a", ".a", "@", "@.a", "$$", "$a", "$.", "$..", "$...a", "$.a.", "$.a..", "$[", "$]", "$[]", "$[,]",
            "$[0,]",
            "$[,0]", "$[0 1]", "$[0", "$[0]]", "$[a]", "$[@.a]", "$[$.a]", "$[$]", "$[true]", "$.[0]", "$.'a'",
            "$.\"a\"", "$['a'",
            "$[**]", "$.**", "$.*a", "$[(0)]", "$[0)", "$.a()", "$?@.a", "$[?]", "$[?()]", "$[?@", "$[?@.a,]",
            "$[??@.a]", "$[!@.a]",
        ]
    )
    func shape(_ text: String) { #expect(!Self.isPath(text)) }

    @Test("a short name begins with a letter, '_' or what is beyond ASCII, and goes on with digits too")
    func shortNames() {
        for value in UInt32(1)...0x7F {
            guard let scalar = Unicode.Scalar(value) else { continue }
            let isLetter = Character(scalar).isLetter || scalar == "_"
            let isDigit = ("0"..."9").contains(scalar)
            #expect(Self.isPath("$.\(scalar)") == (isLetter || scalar == "*"), "U+\(String(value, radix: 16))")
            #expect(Self.isPath("$..\(scalar)") == (isLetter || scalar == "*"), "U+\(String(value, radix: 16))")
            #expect(
                Self.isPath("$.x\(scalar)y") == (isLetter || isDigit || scalar == "."),
                "U+\(String(value, radix: 16))"
            )
        }
        for name in ["é", "☺", "名前", "𝄞", "\u{80}", "\u{D7FF}", "\u{E000}", "\u{10FFFF}", "true", "null", "length"] {
            #expect(Self.isPath("$.\(name)") && Self.isPath("$..\(name)9"), "\(name)")
        }
    }

    @Test("a quoted name takes every character but controls, and the escapes of JSON", arguments: ["'", "\""])
    func quotedNames(_ quote: String) throws {
        for value in UInt32(0)...0x7F {
            guard let scalar = Unicode.Scalar(value) else { continue }
            let isPlain = value >= 0x20 && scalar != "\\" && String(scalar) != quote
            #expect(Self.isPath("$[\(quote)\(scalar)\(quote)]") == isPlain, "U+\(String(value, radix: 16))")
            let isEscape = "bfnrt/\\".unicodeScalars.contains(scalar) || String(scalar) == quote
            #expect(Self.isPath("$[\(quote)\\\(scalar)\(quote)]") == isEscape, "\\ U+\(String(value, radix: 16))")
        }
        for (escape, name) in [
            (#"\b\f\n\r\t"#, "\u{8}\u{C}\n\r\t"), (#"\/\\"#, "/\\"), (#"\u00e9\u00E9"#, "éé"), (#"\u0000"#, "\0"),
            (#"\ud834\uDD1E"#, "𝄞"), (#"\uD7FF\uE000"#, "\u{D7FF}\u{E000}"), ("\\" + quote, quote), ("", ""),
            ("𝄞", "𝄞"),
        ] {
            let value = JSONValue.object(JSONObject([(key: "other", value: 1), (key: name, value: 2)]))
            #expect(try JSONPath("$[\(quote)\(escape)\(quote)]").nodes(in: value) == [2], "\(escape)")
        }
        for escape in [
            #"\u"#, #"\u1"#, #"\u12"#, #"\u123"#, #"\u123g"#, #"\u+123"#, #"\u{41}"#, #"\U0041"#, #"\x41"#, #"\ud834"#,
            #"\uDD1E"#,
            #"\ud834\u0041"#, #"\ud834\ud834"#, #"\uDD1E\ud834"#, #"\ud834 \uDD1E"#, #"\ud834\uDD1"#, #"\ud834x"#,
            #"\ud834𝄞"#, #"\"#,
        ] {
            #expect(!Self.isPath("$[\(quote)\(escape)\(quote)]"), "\(escape)")
        }
        #expect(!Self.isPath("$[\(quote)a]") && !Self.isPath("$[\(quote)a\(quote)\(quote)]"))
    }

    @Test(
        "an index, and each part of a slice, is an exact integer without a leading zero",
        arguments: ["$[_]", "$[_:]", "$[:_]", "$[::_]", "$[0,_:]", "$[?@[_]]", "$..[_]"]
    )
    func integers(_ place: String) {
        for text in ["0", "1", "-1", "10", "9007199254740991", "-9007199254740991"] {
            #expect(Self.isPath(place.replacing("_", with: text)), "\(text)")
        }
        for text in [
            "00", "01", "-0", "-01", "+1", "1.0", "1.", "1e1", "--1", "-", "0x1", "1_0", "٣", "9007199254740992",
            "-9007199254740992",
            "9223372036854775808", "-9223372036854775809", String(repeating: "9", count: 400),
        ] {
            #expect(!Self.isPath(place.replacing("_", with: text)), "\(text)")
        }
    }

    @Test("a number in a comparison is one of JSON") func numbers() {
        for text in [
            "0", "-0", "1", "-1", "10", "0.5", "-0.5", "1.50", "1e2", "1E2", "1e+2", "1e-02", "1.5e10", "0e0",
            "9007199254740993",
            String(repeating: "9", count: 300),
        ] {
            #expect(Self.isPath("$[?@==\(text)]") && Self.isPath("$[?\(text)==@]"), "\(text)")
        }
        for text in [
            "00", "01", "-01", "+1", "- 1", "--1", ".5", "-.5", "1.", "1.e1", "1e", "1e+", "1e+-1", "1e--1", "1ee1",
            "1e1.5", "1e1e1", "-",
            "0x1", "Infinity", "NaN", "1e999",
        ] {
            #expect(!Self.isPath("$[?@==\(text)]"), "\(text)")
        }
    }

    @Test(
        "slices have at most two colons",
        arguments: ["$[:::]", "$[1:2:3:4]", "$[1:a]", "$[a:1]", "$['a':1]", "$[1:'a']", "$[*:1]", "$[1:*]"]
    )
    func slices(_ text: String) { #expect(!Self.isPath(text)) }
}
