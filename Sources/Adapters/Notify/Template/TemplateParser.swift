/// Builds checked nodes from the pieces of a template.
struct TemplateParser {
    private let pieces: [TemplatePiece]
    private var position = 0
    private var depth = 0
    var expressions: TemplateExpressionParser
    private let escape: Escape

    init(pieces: [TemplatePiece], scope: TemplateScope, escape: Escape) {
        (self.pieces, self.escape) = (pieces, escape)
        expressions = TemplateExpressionParser(scope: scope)
    }

    mutating func template() throws(TemplateError) -> [TemplateNode] {
        let (nodes, end) = try block()
        if let end { throw end.mark.error("'\(end.word)' has nothing to end here") }
        return nodes
    }

    /// A tag that ends a block or begins its next branch.
    private struct End {
        let word: String
        let tokens: [TemplateToken]
        let mark: TemplateMark
    }

    private static let tags = ["if", "elif", "else", "endif", "for", "endfor"]

    /// Parses nodes up to a tag that belongs to the enclosing block, or the end.
    private mutating func block() throws(TemplateError) -> (nodes: [TemplateNode], end: End?) {
        var nodes: [TemplateNode] = []
        while position < pieces.count {
            let piece = pieces[position]
            position += 1
            switch piece {
            case .text(let text): nodes.append(.text(text))
            case .insertion(let tokens, let mark): nodes.append(.insert(try insertion(tokens, mark)))
            case .tag(let tokens, let mark):
                guard let first = tokens.first else { throw mark.error("the brackets are empty") }
                guard case .name(let word) = first.kind, Self.tags.contains(word) else {
                    guard case .name(let word) = first.kind else { throw first.mark.error("expected a tag's name") }
                    throw first.mark.error(unknown("tag", word, among: Self.tags))
                }
                let rest = Array(tokens.dropFirst())
                switch word {
                case "if":
                    nodes.append(try nested(mark) { parser throws(TemplateError) in try parser.choice(rest, mark) })
                case "for":
                    nodes.append(try nested(mark) { parser throws(TemplateError) in try parser.loop(rest, mark) })
                default: return (nodes, End(word: word, tokens: rest, mark: mark))
                }
            }
        }
        return (nodes, nil)
    }

    private mutating func nested(
        _ mark: TemplateMark,
        _ body: (inout TemplateParser) throws(TemplateError) -> TemplateNode
    ) throws(TemplateError) -> TemplateNode {
        depth += 1
        defer { depth -= 1 }
        guard depth <= Template.depthLimit else {
            throw mark.error("nested deeper than \(Template.depthLimit) levels")
        }
        return try body(&self)
    }

    private mutating func insertion(
        _ tokens: [TemplateToken],
        _ mark: TemplateMark
    ) throws(TemplateError) -> TemplateExpression {
        let (expression, type) = try expressions.whole(tokens, mark)
        guard type.isText else {
            let path = expression.path.joined(separator: ".")
            throw (tokens.first?.mark ?? mark).error("'\(path)' is \(type.name) and cannot be used as a text")
        }
        // A value that was explicitly escaped the same way is not escaped twice.
        let isDone = expression.filters.contains(.raw) || expression.filters.last == .escape(escape)
        guard escape != .none, !isDone else { return expression }
        return TemplateExpression(path: expression.path, filters: expression.filters + [.escape(escape)])
    }

    // MARK: Blocks

    private mutating func choice(
        _ tokens: [TemplateToken],
        _ mark: TemplateMark
    ) throws(TemplateError) -> TemplateNode {
        var condition = try expressions.condition(tokens, mark)
        var branches: [TemplateNode.Branch] = []
        while true {
            let (body, end) = try block()
            branches.append(TemplateNode.Branch(condition: condition, body: body))
            switch end?.word {
            case "elif": condition = try expressions.condition(end?.tokens ?? [], end?.mark ?? mark)
            case "else":
                try nothing(after: end)
                let (otherwise, last) = try block()
                guard last?.word == "endif" else { throw unclosed("if", mark, last) }
                try nothing(after: last)
                return .choice(branches, otherwise: otherwise)
            case "endif":
                try nothing(after: end)
                return .choice(branches, otherwise: [])
            default: throw unclosed("if", mark, end)
            }
        }
    }

    private mutating func loop(_ tokens: [TemplateToken], _ mark: TemplateMark) throws(TemplateError) -> TemplateNode {
        let head = try expressions.loopHead(tokens, mark)
        let outer = expressions.scope
        expressions.scope[head.name] = head.element
        expressions.scope["loop"] = .record(["index": .number, "first": .flag, "last": .flag])
        let (body, end) = try block()
        expressions.scope = outer
        guard end?.word == "endfor" else { throw unclosed("for", mark, end) }
        try nothing(after: end)
        return .loop(name: head.name, over: head.list, body: body)
    }

    private func unclosed(_ word: String, _ mark: TemplateMark, _ end: End?) -> TemplateError {
        guard let end else { return mark.error("'\(word)' is never closed by 'end\(word)'") }
        return end.mark.error("'\(end.word)' stands inside the '\(word)' of line \(mark.line), which is not closed yet")
    }

    private func nothing(after end: End?) throws(TemplateError) {
        guard let extra = end?.tokens.first else { return }
        throw extra.mark.error("nothing may follow '\(end?.word ?? "")'")
    }
}
