import Base
import Notify
import Testing

/// The output of templates; which templates are refused, where and why.
@Suite struct TemplateTests {
    static let scope: TemplateScope = [
        "name": .text, "event": .word(["firing", "resolved"]), "count": .number, "muted": .flag, "since": .time,
        "length": .duration, "tags": .list(.text), "missing": .text,
        "items": .list(.record(["name": .text, "facts": .list(.record(["name": .text, "value": .text]))])),
        "rule": .record(["title": .text]),
    ]

    static let values: [String: TemplateValue] = [
        "name": .text("<b> & \"c\""), "event": .text("firing"), "count": .number(3), "muted": .flag(false),
        "since": .time(Timestamp(milliseconds: 1_700_000_000_123)), "length": .duration(.seconds(7500)),
        "tags": .list([.text("a"), .text("b")]), "missing": .none,
        "items": .list([
            .record(["name": .text("x"), "facts": .list([.record(["name": .text("n"), "value": .text("v")])])]),
            .record(["name": .text("y"), "facts": .list([])]),
        ]),
        "rule": .record(["title": .text("T")]),
    ]

    @Test(arguments: [
        ("plain { text } %} }}", "plain { text } %} }}"),
        ("{{ rule.title }}{{count}}", "T3"),
        ("{{ since }} {{ since | time }}", "2023-11-14T22:13:20.123Z 2023-11-14 22:13:20 UTC"),
        ("{{ length }}, {{ count | duration }}", "2 h 5 min, 3 s"),
        ("{{ missing }}|{{ missing | default(\"a \\\"b\\\"\\n\") }}|{{ name | truncate(3) }}", "|a \"b\"\n|<b…"),
        ("{{ tags | join(\", \") | upper }} {{ name | lower | html }}", "A, B &lt;b&gt; &amp; &quot;c&quot;"),
        ("{{ tags | json }}{{ name | json }}{{ since | json }}", #"["a","b"]"<b> & \"c\"""2023-11-14T22:13:20.123Z""#),
        ("{{ name | urlencode }}", "%3Cb%3E%20%26%20%22c%22"),
        ("{% if event == \"resolved\" %}over{% elif count == 3 %}three{% else %}on{% endif %}", "three"),
        ("{% if event != \"resolved\" %}on{% endif %}{% if not muted %}!{% endif %}", "on!"),
        ("{% if muted == false %}loud{% endif %}{% if missing %}x{% else %}none{% endif %}", "loudnone"),
        ("{% for i in items %}{{ loop.index }}{{ i.name }}{% if not loop.last %},{% endif %}{% endfor %}", "1x,2y"),
        (
            "{% for i in items %}{% for f in i.facts %}{{ f.name }}={{ f.value }}{{ loop.first }}{% endfor %}{{ loop.index }}{% endfor %}",
            "n=vtrue12"
        ),
        ("a  {%- if muted %} {% endif -%}  b {#- note }} -#} c", "abc"),
        ("a {{- count -}} \n b", "a3b"),
    ])
    func templatesAreRendered(_ source: String, _ expected: String) throws {
        #expect(try Template(source, scope: Self.scope).render(Self.values) == expected)
    }

    @Test(arguments: [
        (Escape.html, "&lt;b&gt; &amp; &quot;c&quot;"), (.slack, "&lt;b&gt; &amp; \"c\""),
        (.markdown, "\\<b\\> & \"c\""), (.json, #""<b> & \"c\"""#), (.none, "<b> & \"c\""),
    ])
    func valuesAreEscapedByDefault(_ escape: Escape, _ expected: String) throws {
        let template = try Template("{{ name }}", scope: Self.scope, escape: escape)
        #expect(template.render(Self.values) == expected)
        let raw = try Template("{{ name | raw }}", scope: Self.scope, escape: escape)
        #expect(raw.render(Self.values) == "<b> & \"c\"")
        // Explicitly escaped the same way: escaped once, not twice.
        let once = try Template(
            "{{ name | \(escape == .none ? "raw" : escape.rawValue) }}",
            scope: Self.scope,
            escape: escape
        )
        #expect(once.render(Self.values) == expected)
    }

    @Test func anotherEscapeDoesNotReplaceTheDefault() throws {
        let template = try Template("{{ name | json }}", scope: Self.scope, escape: .html)
        #expect(template.render(Self.values) == "&quot;&lt;b&gt; &amp; \\&quot;c\\&quot;&quot;")
    }

    @Test(arguments: [
        (Escape.slack, "<!channel> @channel <@U1>", "&lt;!channel&gt; @\u{200B}channel &lt;@U1&gt;"),
        (.markdown, "@everyone a_b [x](y) `z` me@x.org", "@\u{200B}everyone a\\_b \\[x\\]\\(y\\) \\`z\\` me@x.org"),
        (.markdownv2, "a.b!-\\", "a\\.b\\!\\-\\\\"), (.urlencode, "..", "%2E%2E"),
        (.urlencode, "a.b/é", "a.b%2F%C3%A9"),
        (.line, "a\r\nBcc: x\u{2028}y", "a  Bcc: x y"), (.html, "'\"", "&#39;&quot;"),
    ])
    func everyEscapeWorks(_ escape: Escape, _ text: String, _ expected: String) {
        #expect(escape.apply(text) == expected)
    }

    @Test(arguments: [
        ("{{ nmae }}", 1, 4, "unknown name 'nmae'; did you mean 'name'?"),
        ("a\n é{{ rule.titel }}", 2, 11, "unknown name 'titel' in 'rule'; did you mean 'title'?"),
        ("{{ zzzzzz }}", 1, 4, "unknown name 'zzzzzz'"),
        ("{{ tags }}", 1, 4, "'tags' is a list and cannot be used as a text"),
        ("{{ rule | upper }}", 1, 11, "a record cannot be used as a text"),
        ("{{ name.x }}", 1, 9, "'name' is a text and has no members"),
        ("{{ name | uper }}", 1, 11, "unknown filter 'uper'; did you mean 'upper'?"),
        ("{{ name | truncate }}", 1, 11, "truncate needs a number in brackets: truncate(80)"),
        ("{{ name | truncate(0) }}", 1, 11, "truncate takes 1 to 100000"),
        ("{{ name | upper(1) }}", 1, 11, "upper takes nothing in brackets"),
        ("{{ name | time }}", 1, 11, "time needs a time, this is a text"),
        ("{{ name | join(\",\") }}", 1, 11, "join needs a list, this is a text"),
        ("{{ items | join(\",\") }}", 1, 12, "join needs a list of texts"),
        ("{{ name | default(name) }}", 1, 19, "expected a text in quotes or a number, not 'name'"),
        ("{{ name | default(\"x\" }}", 1, 18, "'(' is never closed"),
        ("{{ name name }}", 1, 9, "'name' was not expected here"),
        ("{{ }}", 1, 1, "a name is missing"),
        ("{{ name", 1, 1, "'{{' is never closed"),
        ("x\n{% if name", 2, 1, "'{%' is never closed"),
        ("{# note", 1, 1, "'{#' is never closed"),
        ("{{ \"x }}", 1, 1, "'{{' is never closed"),
        ("{% if name %}x", 1, 1, "'if' is never closed by 'endif'"),
        ("{% for i in items %}", 1, 1, "'for' is never closed by 'endfor'"),
        ("{% if name %}{% endfor %}", 1, 14, "'endfor' stands inside the 'if' of line 1, which is not closed yet"),
        ("{% endif %}", 1, 1, "'endif' has nothing to end here"),
        ("{% else %}", 1, 1, "'else' has nothing to end here"),
        ("{% fi name %}{% endif %}", 1, 4, "unknown tag 'fi'; did you mean 'if'?"),
        ("{% if %}{% endif %}", 1, 1, "a name is missing"),
        (
            "{% if event == \"resolvd\" %}{% endif %}", 1, 16,
            "unknown word 'resolvd'; did you mean 'resolved'? (one of firing, resolved)"
        ),
        ("{% if count == \"3\" %}{% endif %}", 1, 16, "a number cannot be compared with a text in quotes"),
        ("{% if count = 3 %}{% endif %}", 1, 13, "expected '==' or '!='"),
        ("{% if name == %}{% endif %}", 1, 12, "a literal must follow '=='"),
        ("{% for i of items %}{% endfor %}", 1, 8, "expected 'for NAME in LIST'"),
        ("{% for name in items %}{% endfor %}", 1, 8, "'name' has a meaning already; choose another name"),
        ("{% for i in name %}{% endfor %}", 1, 13, "only a list can be gone through, this is a text"),
        ("{% for i in items %}{% endfor %}{{ i.name }}", 1, 36, "unknown name 'i'"),
        ("{{ loop.index }}", 1, 4, "unknown name 'loop'"),
        ("{% endif x %}", 1, 1, "'endif' has nothing to end here"),
        ("{% if name %}{% endif x %}", 1, 23, "nothing may follow 'endif'"),
        ("{{ name § }}", 1, 9, "this character means nothing here"),
        ("{{ name | default(\"\\q\") }}", 1, 20, "after '\\' in a text stands '\"', '\\' or 'n'"),
    ])
    func faults(_ source: String, _ line: Int, _ column: Int, _ reason: String) {
        let error = #expect(throws: TemplateError.self) { try Template(source, scope: Self.scope) }
        #expect(error == TemplateError(line: line, column: column, reason))
    }

    @Test func nestingIsBounded() throws {
        func nested(_ depth: Int) -> String {
            String(repeating: "{% if name %}", count: depth) + String(repeating: "{% endif %}", count: depth)
        }
        _ = try Template(nested(8), scope: Self.scope)
        let error = #expect(throws: TemplateError.self) { try Template(nested(9), scope: Self.scope) }
        #expect(error?.reason == "nested deeper than 8 levels" && error?.column == 8 * 13 + 1)
    }

    @Test func outputAndWorkAreBounded() throws {
        var values = Self.values
        values["tags"] = .list((0..<2000).map { .text("é\($0)") })
        let long = try Template("{% for t in tags %}{{ t }}{% endfor %}", scope: Self.scope)
        let text = long.render(values, limit: 101)
        #expect(text.utf8.count <= 101 && text.hasPrefix("é0é1") && !text.contains("\u{FFFD}"))
        let idle = "abcdefgh".map { "{% for \($0) in tags %}" }.joined() + String(repeating: "{% endfor %}", count: 8)
        #expect(try Template(idle, scope: Self.scope).render(values) == "")
        values["name"] = .text(String(repeating: "%", count: 100_000))
        let chain = "{{ name" + String(repeating: " | urlencode", count: 8) + " }}"
        #expect(try Template(chain, scope: Self.scope).render(values).utf8.count <= 65_536)
        #expect(throws: TemplateError.self) {
            try Template("{{ name" + String(repeating: " | urlencode", count: 9) + " }}", scope: Self.scope)
        }
        #expect(throws: TemplateError.self) { try Template(String(repeating: "x", count: 32_769), scope: Self.scope) }
    }

    @Test(arguments: [UInt64(1), 2, 3, 4])
    func randomSourcesNeitherCrashNorGrow(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let words = [
            "{{", "}}", "{%", "%}", "{#", "#}", "-", " ", "\n", "name", "items", "i", ".", "|", "upper", "(", ")", "\"",
            "\\",
            "if", "else", "elif", "endif", "for", "in", "endfor", "==", "!=", "3", "not", "truncate(3)", "é", "💥",
            "{% for i in items %}", "{% endfor %}", "{% if name %}", "{% endif %}", "{{ i.name }}", "{{ name | html }}",
        ]
        var accepted = 0
        for _ in 0..<4000 {
            let source = (0..<Int.random(in: 0...12, using: &random)).map { _ in
                words.randomElement(using: &random) ?? ""
            }
            guard let template = try? Template(source.joined(), scope: Self.scope, escape: .html) else { continue }
            accepted += 1
            #expect(template.render(Self.values, limit: 500).utf8.count <= 500, "\(source.joined())")
        }
        #expect(accepted > 50)
    }
}
