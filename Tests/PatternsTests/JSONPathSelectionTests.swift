import Base
import Patterns
import Testing

/// Which nodes a path selects, and in which order (RFC 9535, sections 2.3, 2.5 and 2.7).
@Suite("The selections of JSONPath") struct JSONPathSelectionTests {
    private static func paths(_ path: String, _ text: String) throws -> [String] {
        try JSONPath(path).normalizedPaths(in: try JSONValue(parsing: text))
    }

    @Test(
        "each selector in its turn, what is selected twice twice",
        arguments: [
            ("$", ["$"]), ("$[0]", []), ("$.a[0,0]", ["$['a'][0]", "$['a'][0]"]),
            ("$['b','a','b']", ["$['b']", "$['a']", "$['b']"]),
            ("$['c',0,'a']", ["$['a']"]), ("$[*]", ["$['a']", "$['b']"]), ("$[*,'a']", ["$['a']", "$['b']", "$['a']"]),
            ("$.a.length", []),
            ("$.a[*][*]", ["$['a'][1][0]", "$['a'][2]['x']"]), ("$.a[1:,0]", ["$['a'][1]", "$['a'][2]", "$['a'][0]"]),
            ("$.b[*]", []), ("$.b.x", []),
            ("$['a'][2].x", ["$['a'][2]['x']"]), ("$.a['1']", []), ("$.a[-1,-3,-4]", ["$['a'][2]", "$['a'][0]"]),
            ("$.a[?@]", ["$['a'][0]", "$['a'][1]", "$['a'][2]"]),
            ("$.a[?@.x,?@[0]]", ["$['a'][2]", "$['a'][1]"]), ("$.*.*", ["$['a'][0]", "$['a'][1]", "$['a'][2]"]),
            ("$.nope", []), ("$.nope[*]..x", []),
        ]
    )
    func selectors(_ path: String, _ wanted: [String]) throws {
        #expect(try Self.paths(path, #"{"a":[1,[2],{"x":3}],"b":"text"}"#) == wanted)
    }

    @Test(
        "descendants come after their parents, elements in order",
        arguments: [
            ("$..*", ["$['a']", "$['b']", "$['a'][0]", "$['a'][1]", "$['a'][0]['a']", "$['a'][1][0]"]),
            ("$..[*]", ["$['a']", "$['b']", "$['a'][0]", "$['a'][1]", "$['a'][0]['a']", "$['a'][1][0]"]),
            ("$..a", ["$['a']", "$['a'][0]['a']"]), ("$..['a']", ["$['a']", "$['a'][0]['a']"]),
            ("$..[0]", ["$['a'][0]", "$['a'][1][0]"]),
            ("$..['b','a']", ["$['b']", "$['a']", "$['a'][0]['a']"]), ("$..[-1]", ["$['a'][1]", "$['a'][1][0]"]),
            ("$.b..*", []),
            ("$..a..[0]", ["$['a'][0]", "$['a'][1][0]"]), ("$..[?@.a]", ["$['a'][0]"]),
            ("$..[::-1]", ["$['a'][1]", "$['a'][0]", "$['a'][1][0]"]),
            ("$..a.*", ["$['a'][0]", "$['a'][1]"]), ("$..*..a", ["$['a'][0]['a']", "$['a'][0]['a']"]),
        ]
    )
    func descendants(_ path: String, _ wanted: [String]) throws {
        #expect(try Self.paths(path, #"{"a":[{"a":1},[2]],"b":3}"#) == wanted)
    }

    /// A slice by the words of section 2.3.4.2.2, over every start, end and step near the bounds.
    @Test("every slice is that of the RFC") func slices() throws {
        func bounds(_ start: Int?, _ end: Int?, _ step: Int, _ count: Int) -> [Int] {
            func normal(_ index: Int) -> Int { index >= 0 ? index : count + index }
            guard step != 0 else { return [] }
            let first = normal(start ?? (step > 0 ? 0 : count - 1))
            let last = end.map(normal) ?? (step > 0 ? count : -count - 1 + count)
            if step > 0 {
                return Array(stride(from: min(max(first, 0), count), to: min(max(last, 0), count), by: step))
            }
            return Array(stride(from: min(max(first, -1), count - 1), to: min(max(last, -1), count - 1), by: step))
        }
        let values: [Int?] = [nil, 0, 1, 2, 3, 4, 7, -1, -2, -3, -4, -5, 9_007_199_254_740_991, -9_007_199_254_740_991]
        for count in [0, 1, 4] {
            let array = JSONValue.array((0..<count).map { .integer(Int64($0)) })
            for start in values {
                for end in values {
                    for step in [nil, 0, 1, 2, 5, -1, -2, -5, 9_007_199_254_740_991, -9_007_199_254_740_991] as [Int?] {
                        let parts = [start, end, step].map { $0.map(String.init) ?? "" }
                        let wanted = bounds(start, end, step ?? 1, count).map { JSONValue.integer(Int64($0)) }
                        let text = "$[\(parts.joined(separator: ":"))]"
                        #expect(try JSONPath(text).nodes(in: array) == wanted, "\(text) of \(count)")
                    }
                }
            }
        }
        #expect(try JSONPath("$[0:1]").nodes(in: ["a": 1]).isEmpty && JSONPath("$[:]").nodes(in: "text").isEmpty)
    }

    @Test(
        "a normalized path has single quotes and the shortest escapes, and is a path",
        arguments: [
            ("a", "$['a']"), ("", "$['']"), ("'", #"$['\'']"#), ("\"", "$['\"']"), ("\\", #"$['\\']"#), ("/", "$['/']"),
            ("\u{8}\t\n\u{C}\r", #"$['\b\t\n\f\r']"#),
            ("\u{0}\u{B}\u{1F}", #"$['\u0000\u000b\u001f']"#), ("\u{7F}\u{A0}", "$['\u{7F}\u{A0}']"), ("𝄞é", "$['𝄞é']"),
            ("0", "$['0']"), ("*", "$['*']"),
        ]
    )
    func normalizedPaths(_ name: String, _ wanted: String) throws {
        let value = JSONValue.object(JSONObject([(key: name, value: 1)]))
        let paths = try JSONPath("$.*").normalizedPaths(in: value)
        #expect(paths == [wanted])
        #expect(try JSONPath(wanted).nodes(in: value) == [1])
    }
}
