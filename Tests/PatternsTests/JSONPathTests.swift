import Base
import Patterns
import Testing

/// The examples of RFC 9535, and edge cases of its grammar.
@Suite("JSONPath") struct JSONPathTests {
    private static func select(_ path: String, _ text: String) throws -> String {
        JSONValue.array(try JSONPath(path).nodes(in: try JSONValue(parsing: text))).description
    }

    private static let store = """
        {"store":{"book":[\
        {"category":"reference","author":"Nigel Rees","title":"Sayings of the Century","price":8.95},\
        {"category":"fiction","author":"Evelyn Waugh","title":"Sword of Honour","price":12.99},\
        {"category":"fiction","author":"Herman Melville","title":"Moby Dick","isbn":"0-553-21311-3","price":8.99},\
        {"category":"fiction","author":"J. R. R. Tolkien","title":"The Lord of the Rings","isbn":"0-395-19395-8",\
        "price":22.99}],"bicycle":{"color":"red","price":399}}}
        """

    @Test(
        "the bookstore of RFC 9535 §1.5",
        arguments: [
            ("$.store.book[*].author", #"["Nigel Rees","Evelyn Waugh","Herman Melville","J. R. R. Tolkien"]"#),
            ("$..author", #"["Nigel Rees","Evelyn Waugh","Herman Melville","J. R. R. Tolkien"]"#),
            ("$.store..price", "[8.95,12.99,8.99,22.99,399]"),
            ("$..book[2].author", #"["Herman Melville"]"#),
            ("$..book[2].publisher", "[]"),
            ("$..book[-1].title", #"["The Lord of the Rings"]"#),
            ("$..book[0,1].title", #"["Sayings of the Century","Sword of Honour"]"#),
            ("$..book[:2].title", #"["Sayings of the Century","Sword of Honour"]"#),
            ("$..book[?@.isbn].title", #"["Moby Dick","The Lord of the Rings"]"#),
            ("$..book[?@.price<10].title", #"["Sayings of the Century","Moby Dick"]"#),
            ("$.store.bicycle['color']", #"["red"]"#),
        ]
    )
    func bookstore(_ path: String, _ wanted: String) throws {
        #expect(try Self.select(path, Self.store) == wanted)
    }

    private static let slices = #"["a","b","c","d","e","f","g"]"#

    @Test(
        "indexes and slices of RFC 9535 §2.3",
        arguments: [
            ("$[1]", #"["b"]"#), ("$[-2]", #"["f"]"#), ("$[9]", "[]"), ("$[-9]", "[]"), ("$[1:3]", #"["b","c"]"#),
            ("$[5:]", #"["f","g"]"#), ("$[1:5:2]", #"["b","d"]"#), ("$[5:1:-2]", #"["f","d"]"#),
            ("$[::-1]", #"["g","f","e","d","c","b","a"]"#), ("$[0:0]", "[]"), ("$[::0]", "[]"),
            ("$[-3:]", #"["e","f","g"]"#), ("$[:]", #"["a","b","c","d","e","f","g"]"#), ("$[7:]", "[]"),
        ]
    )
    func sequences(_ path: String, _ wanted: String) throws {
        #expect(try Self.select(path, Self.slices) == wanted)
    }

    private static let filters = """
        {"a":[3,5,1,2,4,6,{"b":"j"},{"b":"k"},{"b":{}},{"b":"kilo"}],"o":{"p":1,"q":2,"r":3,"s":5,"t":{"u":6}},"e":"f"}
        """

    @Test(
        "filters of RFC 9535 §2.3.5",
        arguments: [
            ("$.a[?@.b == 'kilo']", #"[{"b":"kilo"}]"#), ("$.a[?(@.b == 'kilo')]", #"[{"b":"kilo"}]"#),
            ("$.a[?@>3.5]", "[5,4,6]"), ("$.a[?@.b]", #"[{"b":"j"},{"b":"k"},{"b":{}},{"b":"kilo"}]"#),
            (
                "$[?@.*]",
                #"[[3,5,1,2,4,6,{"b":"j"},{"b":"k"},{"b":{}},{"b":"kilo"}],{"p":1,"q":2,"r":3,"s":5,"t":{"u":6}}]"#
            ),
            ("$[?@[?@.b]]", #"[[3,5,1,2,4,6,{"b":"j"},{"b":"k"},{"b":{}},{"b":"kilo"}]]"#),
            ("$.o[?@<3, ?@<3]", "[1,2,1,2]"), ("$.a[?@<2 || @.b == \"k\"]", #"[1,{"b":"k"}]"#),
            ("$.a[?match(@.b, \"[jk]\")]", #"[{"b":"j"},{"b":"k"}]"#),
            ("$.a[?search(@.b, \"[jk]\")]", #"[{"b":"j"},{"b":"k"},{"b":"kilo"}]"#),
            ("$.o[?@>1 && @<4]", "[2,3]"), ("$.o[?@.u || @.x]", #"[{"u":6}]"#), ("$.a[?@.b == $.x]", "[3,5,1,2,4,6]"),
            ("$.a[?length(@.b) == 4]", #"[{"b":"kilo"}]"#),
            ("$[?count(@.*) == 5]", #"[{"p":1,"q":2,"r":3,"s":5,"t":{"u":6}}]"#),
            ("$.o[?!@.u]", "[1,2,3,5]"), ("$.o[?value(@..u) == 6]", #"[{"u":6}]"#), ("$.o[?@ == 1.0]", "[1]"),
            ("$[?@ == 'f']", #"["f"]"#),
        ]
    )
    func filtering(_ path: String, _ wanted: String) throws {
        #expect(try Self.select(path, Self.filters) == wanted)
    }

    @Test(
        "what is no path is refused",
        arguments: [
            "", "a", "$.", "$..", "$[", "$]", "$[]", "$ ", " $", "$['a]", "$[01]", "$[-0]", "$[1:2:3:4]",
            "$[9007199254740992]",
            "$[?]", "$[?@.a == ]", "$[?@.a = 1]", "$[?length(@.a)]", "$[?count(1) == 1]", "$[?@.* == 1]",
            "$[?nope(@) == 1]",
            "$[?match(@.a) == true]", "$.1a", "$['\\x']", "$['\\uD800']", "$[?(@.a]", "$.a b", "$[?@.a &&]", "$[?'a']",
        ]
    )
    func refusals(_ path: String) {
        #expect(throws: JSONPathError.self) { try JSONPath(path) }
    }

    @Test(
        "names can be quoted, escaped and shortened",
        arguments: [
            (#"$["o"]"#, #"[{"j j":{"k.k":3},"'":2}]"#), (#"$.o['j j']"#, #"[{"k.k":3}]"#),
            (#"$.o["j j"]["k.k"]"#, "[3]"),
            (#"$.o["'"]"#, "[2]"), (#"$.o['\'']"#, "[2]"), (#"$['\u006f']['\'']"#, "[2]"), ("$ .o ['j j'] ", ""),
        ]
    )
    func names(_ path: String, _ wanted: String) throws {
        let text = #"{"o":{"j j":{"k.k":3},"'":2}}"#
        guard !wanted.isEmpty else {
            #expect(throws: JSONPathError.self) { try JSONPath(path) }
            return
        }
        #expect(try Self.select(path, text) == wanted)
    }

    @Test("random paths on random values terminate", arguments: [1, 2, 3] as [UInt64]) func fuzz(_ seed: UInt64) throws
    {
        var random = SeededGenerator(seed: seed)
        let pieces = [
            "$", "@", ".", "..", "[", "]", "?", "(", ")", "*", "'a'", "a", ":", ",", "1", "-1", "==", "<", "&&", "||",
            "!",
            "length", "count(", "match(", " ", "\"b\"", "null", "true", "1e9", "\\",
        ]
        let value = try JSONValue(parsing: Self.filters)
        for _ in 0..<5000 {
            let text =
                "$"
                + (0..<Int.random(in: 0...12, using: &random))
                .map { _ in pieces.randomElement(using: &random) ?? "" }.joined()
            guard let path = try? JSONPath(text) else { continue }
            _ = try? path.nodes(in: value)
        }
    }
}
