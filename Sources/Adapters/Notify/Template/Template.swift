/// A text with places for values, parsed and checked against the names that it may use.
///
/// `{{ path | filter }}` inserts, `{% if %}`, `{% elif %}`, `{% else %}`, `{% endif %}` choose, `{% for x in list %}`,
/// `{% endfor %}` repeat, `{# #}` says something to readers; a `-` inside a bracket takes the white space off there.
package struct Template: Sendable, Equatable {
    let nodes: [TemplateNode]
    /// How each inserted value is written, unless `| raw` forbids it.
    package let escape: Escape
    /// Whether anything in it can change from one rendering to the next.
    package let isConstant: Bool

    /// UTF-8 bytes of the largest template.
    package static let sizeLimit = 32_768
    /// How deep choices and loops may stand in one another.
    package static let depthLimit = 8

    /// Parses a template and checks the names that it uses.
    ///
    /// Throws `TemplateError` with line, column and reason: too large, a bracket or a block that does not end, or a
    /// name, filter or test that there is not.
    package init(_ source: String, scope: TemplateScope, escape: Escape = .none) throws(TemplateError) {
        guard source.utf8.count <= Self.sizeLimit else {
            throw TemplateError(line: 1, column: 1, "the template is larger than \(Self.sizeLimit) bytes")
        }
        let pieces = try TemplateScanner.pieces(of: source)
        var parser = TemplateParser(pieces: pieces, scope: scope, escape: escape)
        nodes = try parser.template()
        self.escape = escape
        isConstant = nodes.allSatisfy { if case .text = $0 { true } else { false } }
    }

    /// The text for these values; never longer than `limit` bytes of UTF-8, and cut there if need be.
    package func render(_ values: [String: TemplateValue], limit: Int = 65_536) -> String {
        var renderer = TemplateRenderer(values: values, limit: limit)
        renderer.render(nodes)
        return renderer.text
    }
}

/// Renders within bounds of bytes and steps.
struct TemplateRenderer {
    private var values: [String: TemplateValue]
    private let limit: Int
    private var output: [UInt8] = []
    private var stepsLeft = 50_000

    init(values: [String: TemplateValue], limit: Int) { (self.values, self.limit) = (values, limit) }

    var text: String { String(decoding: output, as: UTF8.self) }

    private var isExhausted: Bool { output.count >= limit || stepsLeft <= 0 }

    mutating func render(_ nodes: [TemplateNode]) {
        for node in nodes {
            stepsLeft -= 1
            if isExhausted { return }
            switch node {
            case .text(let text): append(text)
            case .insert(let expression): append(expression.value(in: values).plainText)
            case .choice(let branches, let otherwise):
                let branch = branches.first { $0.condition.holds(in: values) }
                render(branch?.body ?? otherwise)
            case .loop(let name, let list, let body): loop(name, list.value(in: values), body)
            }
        }
    }

    private mutating func loop(_ name: String, _ list: TemplateValue, _ body: [TemplateNode]) {
        guard case .list(let elements) = list else { return }
        let (outer, outerLoop) = (values[name], values["loop"])
        for (index, element) in elements.enumerated() {
            stepsLeft -= 1
            if isExhausted { break }
            values[name] = element
            values["loop"] = .record([
                "index": .number(Int64(index + 1)), "first": .flag(index == 0),
                "last": .flag(index == elements.count - 1),
            ])
            render(body)
        }
        (values[name], values["loop"]) = (outer, outerLoop)
    }

    /// Appends what fits, whole characters only.
    private mutating func append(_ text: String) {
        var text = text
        let room = limit - output.count
        text.withUTF8 { bytes in
            var end = min(bytes.count, room)
            while end > 0, end < bytes.count, bytes[end] & 0xC0 == 0x80 { end -= 1 }
            output.append(contentsOf: bytes[..<end])
            // Something was left out: nothing that follows may close the gap.
            if end < bytes.count { stepsLeft = 0 }
        }
    }
}
