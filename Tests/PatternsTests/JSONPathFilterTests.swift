import Base
import Patterns
import Testing

/// Filters: what is well-typed, how values compare, and the functions (RFC 9535, sections 2.3.5 and 2.4).
@Suite("The filters of JSONPath") struct JSONPathFilterTests {
    private static func isPath(_ text: String) -> Bool { (try? JSONPath(text)) != nil }

    /// The indexes of the elements that a filter selects.
    private static func selected(_ filter: String, _ elements: JSONValue) throws -> [Int] {
        let all = elements.arrayValue ?? []
        let paths = try JSONPath("$[?\(filter)]").normalizedPaths(in: elements)
        return all.indices.filter { paths.contains("$[\($0)]") }
    }

    @Test(
        "a filter is a logical expression",
        arguments: [
            "1", "'a'", "true", "false", "null", "1.5", "-1", "(1)", "('a')", "@.a && 1", "true || @.a",
            "@.a == 1 && 'x'", "!1", "!true",
            "!'a'", "!!@.a", "!@.a == 1", "@.a == !@.b", "@.a == (1)", "(@.a) == 1", "@.a == @.b == @.c", "@.a = 1",
            "@.a === 1",
            "@.a <> 1", "@.a =< 1", "@.a & @.b", "@.a | @.b", "@.a and @.b", "@.a && ", "&& @.a", "@.a ||", "(@.a",
            "@.a)", "()", "@.a @.b",
            "@.a == True", "@.a == NULL", "@.a == nil", "@.a == undefined", "@.a == a", "@.a == [1]", "@.a == {}", "@a",
            "@.a + 1 == 2",
            "@.a in [1]", "@.a =~ /b/", "*", "0:1", "?@.a",
        ]
    )
    func refused(_ filter: String) { #expect(!Self.isPath("$[?\(filter)]")) }

    @Test(
        "only what has at most one value is compared",
        arguments: [
            "@.*", "@[*]", "@..a", "@['a','b']", "@[0,1]", "@[0:1]", "@[?@.a]", "@.a[*].b", "@..[0]", "$.*", "$..a",
            "$[0,0]",
        ]
    )
    func singular(_ query: String) {
        for comparison in ["==", "!=", "<", "<=", ">", ">="] {
            #expect(!Self.isPath("$[?\(query)\(comparison)1]") && !Self.isPath("$[?1\(comparison)\(query)]"))
        }
        #expect(!Self.isPath("$[?length(\(query))==1]") && !Self.isPath("$[?match(\(query),'a')]"))
        #expect(Self.isPath("$[?\(query)]") && Self.isPath("$[?!\(query)]"), "it may be tested")
        #expect(Self.isPath("$[?count(\(query))==1]") && Self.isPath("$[?value(\(query))==1]"))
    }

    @Test(
        "a function has its arguments and its place",
        arguments: [
            "length(@.a)", "length()==1", "length(@.a,@.b)==1", "length(@.a==1)==1", "length(match(@.a,'a'))==1",
            "length(!@.a)==1",
            "count(@)", "count()==1", "count(@.a,@.b)==1", "count(1)==1", "count('a')==1", "count(true)==1",
            "count(length(@))==1",
            "count(@.a==1)==1", "value(@.a)", "value()==1", "value(@.a,@.b)==1", "value('a')==1",
            "value(value(@.a))==1",
            "match(@.a)", "match(@.a,'a','b')", "match(@.a,'a')==true", "match(@.a,@.*)", "match(@.a,@.b==1)",
            "match()",
            "search(@.a)", "search(@.a,'a','b')", "search(@.a,'a')==true", "search(search(@.a,'a'),'b')",
            "!length(@.a)",
            "length(@.a", "length(@.a))==1", "length(,)==1", "length(@.a,)==1", "Length(@.a)==1", "LENGTH(@.a)==1",
            "nope(@)", "_x(@)", "@.a.length()==1",
            "length==1", "length @.a==1", "match(@.a 'a')", "length((@.a))==1", "count((@.*))==1",
        ]
    )
    func functions(_ filter: String) { #expect(!Self.isPath("$[?\(filter)]")) }

    @Test(
        "functions nest where their types fit",
        arguments: [
            "length(value(@.*))==1", "length('abc')==3", "length(length('abc'))==1", "length(count(@.*))==1",
            "match(value(@.*),'a')",
            "match('a',value($..p))", "search('abc','b')", "match(@.a,@.b)", "match(1,2)", "!match(@.a,'a')",
            "count(@[?count(@.*)>1])>0",
            "length(1)==length(@.x)", "(match(@.a,'a')||search(@.b,'b'))&&@.c", "value($..['p'])=='x'", "1==1",
            "'a'<\"b\"", "true!=null",
        ]
    )
    func nesting(_ filter: String) { #expect(Self.isPath("$[?\(filter)]")) }

    /// Values of every type, with what is absent as nil; pairs of equal ones stand together.
    private static let samples: [(text: String, order: Int)] = [
        ("null", 10), ("true", 20), ("false", 21), ("1", 30), ("1.0", 30), ("2", 31), ("-1", 29), ("1e1", 40),
        ("\"a\"", 50), ("\"b\"", 51),
        ("\"\"", 49), ("\"1\"", 60), ("[1]", 70), ("[1.0]", 70), ("[1,1]", 71), ("[]", 72), ("{\"x\":1,\"y\":[2]}", 80),
        ("{\"y\":[2],\"x\":1}", 80), ("{\"x\":1}", 81), ("{\"x\":1,\"z\":[2]}", 82), ("{}", 83), ("", 0),
    ]

    @Test("every two values compare as the RFC says") func comparisons() throws {
        for left in Self.samples {
            for right in Self.samples {
                let members = [left, right].enumerated().filter { !$0.element.text.isEmpty }
                    .map { "\"\($0.offset == 0 ? "l" : "r")\":\($0.element.text)" }
                let value = try JSONValue(parsing: "[{\(members.joined(separator: ","))}]")
                let isEqual = left.order == right.order
                let isNumber = (29...40).contains(left.order) && (29...40).contains(right.order)
                let isText = left.text.hasPrefix("\"") && right.text.hasPrefix("\"")
                let isLess =
                    isNumber ? left.order < right.order : isText ? left.text.dropLast() < right.text.dropLast() : false
                let isGreater =
                    isNumber ? left.order > right.order : isText ? left.text.dropLast() > right.text.dropLast() : false
                for (comparison, wanted) in [
                    ("==", isEqual), ("!=", !isEqual), ("<", isLess), (">", isGreater), ("<=", isLess || isEqual),
                    (">=", isGreater || isEqual),
                ] {
                    let found = try Self.selected("@.l\(comparison)@.r", value) == [0]
                    #expect(found == wanted, "\(left.text) \(comparison) \(right.text)")
                }
            }
        }
    }

    @Test("numbers are compared exactly, and text by scalars") func exactComparisons() throws {
        let numbers: JSONValue = [
            .integer(9_007_199_254_740_993), .integer(9_007_199_254_740_992), .number(9_007_199_254_740_992),
        ]
        #expect(try Self.selected("@==9007199254740993", numbers) == [0])
        #expect(try Self.selected("@==9007199254740992", numbers) == [1, 2])
        #expect(try Self.selected("@>9007199254740992.0", numbers) == [0])
        let texts: JSONValue = ["\u{E9}", "e\u{301}", "\u{FFFF}", "\u{10000}"]
        #expect(try Self.selected("@=='\u{E9}'", texts) == [0], "not the same scalars as the second")
        #expect(try Self.selected("@>'\u{FFFF}'", texts) == [3], "UTF-16 would order it before")
        #expect(try Self.selected("length(@)==2", texts) == [1])
        let names = try JSONValue(parsing: "{\"\u{E9}\":1,\"e\u{301}\":2}")
        #expect(try JSONPath("$['e\u{301}']").nodes(in: names) == [2])
        #expect(try JSONPath("$.\u{E9}").nodes(in: names) == [1])
    }

    @Test(
        "what is absent equals only what is absent",
        arguments: [
            ("@.x==@.y", [0, 1, 2]), ("@.a==@.x", [1, 2]), ("@.a!=@.x", [0]), ("@.a==null", []), ("@.b==null", [1]),
            ("@.a!=null", [0, 1, 2]),
            ("@.a<@.x", []), ("@.a<=@.x", [1, 2]), ("length(@.b)==@.x", [0, 1, 2]),
            ("length(@.b)==length(1)", [0, 1, 2]),
            ("value(@.*)==@.x", [2]), ("@.b", [1]), ("!@.b", [0, 2]), ("@[0]==@['q']", [0, 1, 2]), ("@.a", [0]),
            ("count(@.x)==0", [0, 1, 2]),
        ]
    )
    func absence(_ filter: String, _ wanted: [Int]) throws {
        #expect(try Self.selected(filter, [["a": 1], ["b": .null], [:]]) == wanted)
    }

    @Test(
        "&& binds tighter than ||, and parentheses and ! bind most",
        arguments: [
            ("@.a||@.b&&@.c", [0, 3, 5, 6]), ("@.a&&@.b||@.c", [2, 3, 5, 6]), ("(@.a||@.b)&&@.c", [3, 5]),
            ("@.a&&(@.b||@.c)", [3, 6]),
            ("!@.a&&@.b", [1, 5]), ("!(@.a&&@.b)", [0, 1, 2, 3, 4, 5]), ("!(@.a||@.b)", [2, 4]),
            ("!(!(@.a))", [0, 3, 6]), ("((@.a))", [0, 3, 6]),
            ("@.a&&@.b&&@.c", []), ("@.a||@.b||@.c", [0, 1, 2, 3, 5, 6]), ("!@.a||!@.b", [0, 1, 2, 3, 4, 5]),
        ]
    )
    func precedence(_ filter: String, _ wanted: [Int]) throws {
        let elements: JSONValue = [
            ["a": 1], ["b": 1], ["c": 1], ["a": 1, "c": 1], [:], ["b": 1, "c": 1], ["a": 1, "b": 1],
        ]
        #expect(try Self.selected(filter, elements) == wanted)
    }

    @Test(
        "length, count and value",
        arguments: [
            ("length(@)==2", [1, 3, 5, 7]), ("length(@)==0", [0, 2, 4]), ("length(@)!=@.x", [0, 1, 2, 3, 4, 5, 7]),
            ("count(@.*)==2", [3, 5, 7]),
            ("count(@..*)==3", [7]), ("count(@['a','a'])==2", [5]), ("value(@.a)==1", [5]), ("value(@.*)==3", []),
            ("value(@..c)==7", [7]),
            ("value(@[0:1])==1", [3]), ("count($)==1", [0, 1, 2, 3, 4, 5, 6, 7]), ("@.b==@.a", [0, 1, 2, 3, 4, 6, 7]),
        ]
    )
    func valuesOfFunctions(_ filter: String, _ wanted: [Int]) throws {
        let elements: JSONValue = ["", "é☺", [], [1, 3], [:], ["a": 1, "b": 3], 2, ["d": ["c": 7], "e": .null]]
        #expect(try Self.selected(filter, elements) == wanted)
    }

    @Test("a filter looks at the children of an object too, and at the root") func objects() throws {
        let value = try JSONValue(
            parsing: #"{"limit":2,"rows":{"p":{"n":1},"q":{"n":2},"r":{"n":3}},"list":[[1],[2,3]]}"#
        )
        func paths(_ text: String) throws -> [String] { try JSONPath(text).normalizedPaths(in: value) }
        #expect(try paths("$.rows[?@.n>=$.limit]") == ["$['rows']['q']", "$['rows']['r']"])
        #expect(
            try paths("$.rows[?@.n==1,?@.n<3].n") == [
                "$['rows']['p']['n']", "$['rows']['p']['n']", "$['rows']['q']['n']",
            ]
        )
        #expect(try paths("$.list[?@[?@>1]]") == ["$['list'][1]"])
        #expect(try paths("$..[?@.n==2]") == ["$['rows']['q']"])
        #expect(try paths("$[?@==2]") == ["$['limit']"])
        #expect(try paths("$.limit[?@]").isEmpty && paths("$.rows[?$.nope]").isEmpty)
    }
}
