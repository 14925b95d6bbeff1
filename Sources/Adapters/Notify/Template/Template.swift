/// A text with placeholders, parsed and checked against the names that it may use.
///
/// `{{ path
/// filter }}` inserts a value; `{% if %}`, `{% elif %}`, `{% else %}`, `{% endif %}` choose; `{% for x in list %}`, `{%
/// endfor %}` repeat; `{# #}` is a comment; a `-` inside a bracket removes the white space on that side.
package struct Template: Sendable, Equatable {
    let nodes: [TemplateNode]
    /// How each inserted value is escaped, unless `
    /// raw` turns that off.
    package let escape: Escape
    /// Whether it renders the same text every time.
    package let isConstant: Bool

    /// The largest template in UTF-8 bytes.
    package static let sizeLimit = 32_768
    /// How deep choices and loops may be nested.
    package static let depthLimit = 8

    /// Parses a template and checks the names that it uses.
    ///
    /// Throws `TemplateError` with line, column and reason: too large, an unclosed bracket or block, or an unknown
    /// name, filter or test.
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

    /// The rendered text, cut at `limit` bytes of UTF-8.
    package func render(_ values: [String: TemplateValue], limit: Int = 65_536) -> String {
        var renderer = TemplateRenderer(values: values, limit: limit)
        renderer.render(nodes)
        return renderer.text
    }
}

/// Renders within limits of bytes and steps.
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

    /// Appends as many whole characters as fit.
    private mutating func append(_ text: String) {
        var text = text
        let room = limit - output.count
        text.withUTF8 { bytes in
            var end = min(bytes.count, room)
            while end > 0, end < bytes.count, bytes[end] & 0xC0 == 0x80 { end -= 1 }
            output.append(contentsOf: bytes[..<end])
            // Something was cut: nothing that follows may be appended after the gap.
            if end < bytes.count { stepsLeft = 0 }
        }
    }
}
