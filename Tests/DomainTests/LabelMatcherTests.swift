import Domain
import Testing

/// Conditions on the labels of incidents.
@Suite struct LabelMatcherTests {
    private let labels = ["name": ["Shop DE"], "tag": ["shop", "eu"], "severity": ["critical"]]

    @Test(
        arguments: [
            ("tag=shop", true), ("tag=eu", true), ("tag=us", false), ("tag!=us", true), ("tag!=eu", false),
            ("name~shop*", true), ("name~*de", true), ("name~shop", false), ("name~a|Shop ??", true),
            ("name!~shop*", false), ("name!~*fr", true), ("url=", true), ("url!=", false), ("reason~*", true),
            ("severity = critical", true), (" name =Shop  DE ", true), ("name~*o*p* *e", true),
        ]
    )
    func fits(_ text: String, _ expected: Bool) throws {
        #expect(try LabelMatcher(text).matches(labels) == expected)
        #expect(try LabelMatcher("\(try LabelMatcher(text))") == LabelMatcher(text))
    }

    @Test(
        arguments: [
            ("", .noOperation), ("tag", .noOperation), ("tag!", .noOperation), ("=a", .unknownLabel("")),
            ("owner=a", .unknownLabel("owner")), ("series.=a", .unknownLabel("series.")),
            ("tag=" + String(repeating: "a", count: 253), .tooLong), ("tag=a\nname=b", .controlCharacter),
            ("tag=a\r\n", .controlCharacter), ("tag=\u{1b}[0m", .controlCharacter), ("tag=\u{85}", .controlCharacter),
        ] as [(String, LabelMatcher.Fault)]
    )
    func refuses(_ text: String, _ fault: LabelMatcher.Fault) {
        #expect(throws: fault) { try LabelMatcher(text) }
        #expect(!fault.description.contains("\n"))
    }

    @Test func manyStarsEndSoon() throws {
        let matcher = try LabelMatcher("name~" + String(repeating: "*a", count: 100) + "b")
        #expect(!matcher.matches(["name": [String(repeating: "a", count: 10_000)]]))
    }
}
