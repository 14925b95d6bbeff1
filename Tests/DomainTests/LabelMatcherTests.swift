import Domain
import Testing

/// Conditions on the labels of incidents.
@Suite struct LabelMatcherTests {
    private let labels = ["name": ["Shop DE"], "tag": ["shop", "eu"], "severity": ["critical"]]

    @Test(
        arguments: [
            ("tag=shop", true), ("tag=eu", true), ("tag=us", false), ("tag!=us", true), ("tag!=eu", false),
            ("name~shop*", true), ("name~*de", true), ("name~shop", false), ("name~a|Shop ??", true),
            (#"name=~"Shop.*""#, true), ("name=~Shop.*", true), ("name=~shop.*", false), ("name=~Shop", false),
            ("name=~(?i)shop.+", true), ("name!~Shop.*", false), ("name!~Shop", true), ("tag!~sh.p|us", false),
            (#"name=~"\w+ D\w""#, true), (#"url="""#, true), (#"url!="""#, false), ("reason~*", true),
            ("severity = critical", true), (#"severity="critical""#, true), (" name = Shop DE ", true),
            ("name=Shop  DE", false), ("name~*o*p* *e", true), (#"{severity="critical"}"#, true),
        ]
    )
    func matchersMatchLabels(_ text: String, _ expected: Bool) throws {
        let matcher = try LabelMatcher(text)
        #expect(matcher.matches(labels) == expected)
        #expect(try LabelMatcher("\(matcher)") == matcher)
        #expect(try LabelMatcher(stored: "\(matcher)") == matcher)
    }

    @Test(
        arguments: [
            ("", .noOperation), ("tag", .noOperation), ("tag!", .noOperation), ("=a", .unknownLabel("")),
            ("owner=a", .unknownLabel("owner")), ("series.=a", .unknownLabel("series.")),
            ("tag==x", .doubled("tag=x")), ("tag==", .doubled("tag=")), ("tag!=", .noValue(#"tag!="""#)),
            ("tag= ", .noValue(#"tag="""#)),
            ("severity=crit", .unknownValue(label: "severity", value: "crit", known: ["info", "warning", "critical"])),
            ("monitor=shop", .noNumber(label: "monitor", value: "shop")),
            (#"name=a"b"#, .quotes), (#"name="a"#, .quotes), (#"name="a" b"#, .quotes),
            ("name=Hello, world", .comma("Hello,world")), ("tag=a,tag=b", .several),
            ("tag=" + String(repeating: "a", count: 253), .tooLong), ("tag=a\nname=b", .controlCharacter),
            ("tag=a\r\n", .controlCharacter), ("tag=\u{1b}[0m", .controlCharacter), ("tag=\u{85}", .controlCharacter),
        ] as [(String, LabelMatcher.ParseError)]
    )
    func invalidMatchersAreRefused(_ text: String, _ fault: LabelMatcher.ParseError) {
        #expect(throws: fault) { try LabelMatcher(text) }
        #expect(!fault.description.contains("\n"))
    }

    @Test(arguments: ["kind=outage", "url=~*.test/*", "url!~(", "name=~[a"])
    func saysWhatIsWrong(_ text: String) throws {
        #expect(throws: LabelMatcher.ParseError.self) { try LabelMatcher(text) }
    }

    @Test func commasMeanAnd() throws {
        let both = try LabelMatcher.list(#"{tag="shop", severity=~"crit.*|warning",}"#)
        #expect(both.map(\.description) == ["tag=shop", #"severity=~"crit.*|warning""#])
        #expect(both.matches(labels))
        #expect(try !LabelMatcher.list("tag=shop,severity=info").matches(labels))
        #expect(try LabelMatcher.list(#"name="Hello, \"world\"""#).first?.value == #"Hello, "world""#)
    }

    @Test(
        arguments: [
            ("name!~shop*", false), ("name!~*fr", true), ("url!~*.test/*", true), ("name!~a|b|*d?", false),
            ("url=", true), ("url!=", false), ("name=Shop DE", true), ("name=a,b", false), ("name=~x", false),
            ("tag=a b", false), ("severity=grave", false),
        ]
    )
    func matchersOfEarlierVersionsAreParsed(_ text: String, _ expected: Bool) throws {
        let matcher = try LabelMatcher(stored: text)
        #expect(matcher.matches(labels) == expected)
        #expect(try LabelMatcher(stored: "\(matcher)") == matcher)
    }

    @Test func catastrophicExpressionMatchesNothing() throws {
        let text = ["name": [String(repeating: "a", count: 5000) + "b"]]
        for sign in ["=~", "!~"] { #expect(try !LabelMatcher("name\(sign)(a+)+(a+)+[cd]").matches(text)) }
    }

    @Test(arguments: [
        (#"tag="""#, true), ("tag!=x", true), ("tag=shop", false), ("name=~.*", true), ("name~?*", false),
    ])
    func onlyNegatedMatchersMatchMissingLabels(_ text: String, _ expected: Bool) throws {
        #expect(try LabelMatcher.list(text).fitWithoutLabels == expected)
    }

    @Test func manyWildcardsEndSoon() throws {
        let matcher = try LabelMatcher("name~" + String(repeating: "*a", count: 100) + "b")
        #expect(!matcher.matches(["name": [String(repeating: "a", count: 10_000)]]))
    }
}
