import Base
import Patterns
import Testing

/// What a path costs is bounded in steps, whatever it and the text are.
@Suite("The bounds of JSONPath") struct JSONPathBoundsTests {
    private static let limit = JSONPathError.limit(JSONPath.defaultStepLimit)
    private static let rows = JSONValue.array((0..<1000).map { .integer($0) })
    private static func nested(_ depth: Int) -> JSONValue {
        (0..<depth).reduce(1) { value, _ in [value, ["a": value]] }
    }

    @Test(
        "a path that selects or visits too many nodes is aborted",
        arguments: [
            "$..*", "$..[*]", "$..[?@..*]", "$..[?@..a]", "$[?count($..*)>1]", "$..*..*", "$[*,*][*,*][*,*]", "$..[::]",
            "$..[?@==$]",
            "$..[?value($..nope)==1]", "$..[0,0,0,0,0,0,0,0,0,0,0]", "$[?@[?@[?$..*]]]",
        ]
    )
    func nodes(_ text: String) throws {
        let wide = JSONValue.array(Array(repeating: Self.rows, count: 120))
        let path = try JSONPath(text)
        #expect(throws: Self.limit) { try path.nodes(in: wide) }
        #expect(throws: Self.limit) { try path.normalizedPaths(in: wide) }
    }

    @Test("a text that doubles at each level is aborted too") func depth() throws {
        #expect(throws: Self.limit) { try JSONPath("$..a").nodes(in: Self.nested(20)) }
        #expect(try JSONPath("$..a").nodes(in: Self.nested(8)).count == 255)
    }

    /// Each of the 1000 rows looks at 1 MiB: a gigabyte, in a few thousand nodes.
    @Test(
        "the bytes that are compared count",
        arguments: [
            "$.big==$.same", "$.big<=$.same", "length($.big)==1", "search($.big,'b')", "search($.big,'a*[xyz]')",
            "match($.big,'a*b')", "$.deep==$.twin",
            "search('a',$.big)",
        ]
    )
    func bytes(_ filter: String) throws {
        let big = JSONValue.string(String(repeating: "a", count: 1 << 20))
        let value: JSONValue = ["rows": Self.rows, "big": big, "same": big, "deep": [[big]], "twin": [[big]]]
        #expect(throws: Self.limit) { try JSONPath("$.rows[?\(filter)]").nodes(in: value) }
        #expect(try JSONPath("$.rows[:1][?\(filter)]").nodes(in: value).isEmpty, "once is no matter")
    }

    @Test("the names that are looked at count") func names() throws {
        let wide = JSONValue.object(JSONObject((0..<10_000).map { (key: "m\($0)", value: 1) }))
        let value: JSONValue = ["rows": Self.rows, "wide": wide, "twin": wide]
        #expect(throws: Self.limit) { try JSONPath("$.rows[?$.wide.nope]").nodes(in: value) }
        #expect(throws: Self.limit) { try JSONPath("$.rows[?$.wide.m9999]").nodes(in: value) }
        #expect(throws: Self.limit) { try JSONPath("$[?$.wide==$.twin]").nodes(in: value) }
        #expect(try JSONPath("$.rows[?$.wide.m1]").nodes(in: value).count == 1000)
    }

    @Test(
        "an expression that explodes ends the path",
        arguments: ["(a*)*[bc]", "(a|aa)+$", "(a|a?)+[bc]", "(a+)+[bc]"]
    )
    func explosions(_ pattern: String) throws {
        let text = JSONValue.string(String(repeating: "a", count: 60) + "!")
        let path = try JSONPath("$[?match(@,'\(pattern)')]")
        #expect(throws: JSONPathError.expression(.limit)) { try path.nodes(in: [text]) }
        #expect(throws: Self.limit, "many that are each within their own bound") {
            try path.nodes(in: .array(Array(repeating: .string(String(repeating: "a", count: 16) + "!"), count: 1000)))
        }
        #expect("\(JSONPathError.expression(.limit))".contains("takes too long"))
    }

    @Test("an expression of the text is compiled once") func expressions() throws {
        let value: JSONValue = ["pattern": "[0-9]+x?", "rows": .array((0..<1000).map { .string("\($0)") })]
        #expect(try JSONPath("$.rows[?match(@,$.pattern)]").nodes(in: value).count == 1000)
        let patterns = JSONValue.array((0..<1000).map { .string("a{\($0)}") })
        #expect(throws: Self.limit) { try JSONPath("$[?match('a',@)]").nodes(in: patterns) }
    }

    @Test("a limit is that of the caller, and exact") func callersLimit() throws {
        let path = try JSONPath("$[*]")
        // One for the selector and one for each child.
        #expect(try path.nodes(in: Self.rows, limit: 1001).count == 1000)
        #expect(throws: JSONPathError.limit(1000)) { try path.nodes(in: Self.rows, limit: 1000) }
        #expect(try path.nodes(in: Self.rows, limit: .max).count == 1000)
        #expect("\(JSONPathError.limit(1000))" == "the path takes more than 1000 steps on this text")
    }

    @Test("a long or deep path is refused with its place") func longPaths() throws {
        #expect(throws: JSONPathError.tooLong) { try JSONPath("$" + String(repeating: ".a", count: 2048)) }
        #expect(try JSONPath("$" + String(repeating: ".a", count: 2047)).nodes(in: 1).isEmpty)
        for (open, close) in [
            ("(", ")"), ("!(", ")"), ("@[?", "]"), ("length(value(@[?", "]))==1"), ("count(@[?", "])>0"),
        ] {
            let text = "$[?" + String(repeating: open, count: 40) + "@" + String(repeating: close, count: 40) + "]"
            let error = #expect(throws: JSONPathError.self) { try JSONPath(text) }
            guard case .syntax(let reason, let offset)? = error else {
                Issue.record("\(String(describing: error))")
                continue
            }
            #expect(reason.contains("nested deeper than") && offset < text.utf8.count, "\(reason)")
            let shallow = "$[?" + String(repeating: open, count: 4) + "@" + String(repeating: close, count: 4) + "]"
            #expect(try JSONPath(shallow).nodes(in: Self.rows).count >= 0)
        }
    }

    @Test("a path of many selectors is bounded by its steps") func manySelectors() throws {
        let path = try JSONPath("$[" + String(repeating: "*,", count: 2000) + "0]")
        #expect(throws: Self.limit) { try path.nodes(in: Self.rows) }
        let filters = try JSONPath("$[?" + String(repeating: "@||", count: 1000) + "@]")
        #expect(try filters.nodes(in: Self.rows).count == 1000)
    }
}
