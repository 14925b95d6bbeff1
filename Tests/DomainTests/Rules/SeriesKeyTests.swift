import Base
import Domain
import Testing

/// The identity of series.
@Suite struct SeriesKeyTests {
    private func key(_ labels: (String, String)...) -> SeriesKey? { SeriesKey(labels.map { .init($0.0, $0.1) }) }

    @Test func orderAndEmptyLabelsDoNotMatter() throws {
        let first = try #require(key(("job", "node"), ("__name__", "up"), ("instance", "a:1"), ("zone", "")))
        let second = try #require(key(("instance", "a:1"), ("job", "node"), ("__name__", "up")))
        #expect(first == second && first.hashValue == second.hashValue && first.stableHash == second.stableHash)
        #expect(first.description == #"up{instance="a:1",job="node"}"#)
        #expect(first["job"] == "node" && first["zone"] == nil && first.labels.count == 3)
        #expect(first.stableHash == 0xF107_1F27_A8CF_10D1)
    }

    @Test(arguments: [
        ([], "{}"), ([("__name__", "up")], "up"), ([("__name__", "a:b"), ("x", "1")], #"a:b{x="1"}"#),
        ([("__name__", "no name")], #"{__name__="no name"}"#), ([("a.b", "1")], #"{"a.b"="1"}"#),
        ([("x", "a\"b\\c\nd\u{1}é\u{85}")], #"{x="a\"b\\c\nd\u0001é\u0085"}"#),
        ([("1x", "\t\r\u{2028}\u{0}")], #"{"1x"="\t\r\u2028\u0000"}"#),
    ]) func textIsCanonical(_ labels: [(String, String)], _ text: String) {
        #expect(SeriesKey(labels.map { .init($0.0, $0.1) })?.description == text)
    }

    @Test func unicodeSpellingsAreDifferentSeries() throws {
        let composed = try #require(key(("x", "\u{E9}")))
        let decomposed = try #require(key(("x", "e\u{301}")))
        #expect(composed != decomposed && Set([composed, decomposed]).count == 2)
    }

    @Test func duplicateLabelsAndLargeKeysAreRefused() {
        #expect(key(("a", "1"), ("a", "2")) == nil && key(("", "1")) == nil && key(("a", "1"), ("a", "")) != nil)
        let many = (0...SeriesKey.maximumLabels).map { SeriesKey.Label("l\($0)", "x") }
        #expect(SeriesKey(many) == nil && SeriesKey(Array(many.dropLast())) != nil)
        let long = String(repeating: "x", count: SeriesKey.maximumBytes)
        #expect(key(("a", long)) == nil && key(("a", String(long.dropLast()))) != nil)
    }

    /// Keys and their texts are equal exactly when their labels are.
    @Test(arguments: 0..<20) func differentLabelsHaveDifferentTexts(_ seed: Int) {
        var random = SeededGenerator(seed: UInt64(seed))
        let words = ["a", "b", "__name__", "\"", "\\", "a\"=\"b", ",", "{", "}", "", "a=\"b\"", "1", "é"]
        var seen: [String: [[String]]] = [:]
        for _ in 0..<500 {
            let labels = (0..<Int.random(in: 0...3, using: &random)).map { _ in
                SeriesKey.Label(words.randomElement(using: &random) ?? "a", words.randomElement(using: &random) ?? "a")
            }
            guard let key = SeriesKey(labels) else { continue }
            let canonical = labels.filter { !$0.value.isEmpty }.map { [$0.name, $0.value] }.sorted {
                $0[0].utf8.lexicographicallyPrecedes($1[0].utf8)
            }
            #expect(seen.updateValue(canonical, forKey: key.description) ?? canonical == canonical, "\(key)")
            #expect(SeriesKey(labels.shuffled(using: &random)) == key)
        }
    }
}
