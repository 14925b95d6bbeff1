/// Parses paths, filters and conditions, and checks them against the names in scope.
struct TemplateExpressionParser {
    var scope: TemplateScope

    /// Parses an expression that extends to the last token.
    func whole(
        _ tokens: [TemplateToken],
        _ mark: TemplateMark
    ) throws(TemplateError) -> (TemplateExpression, TemplateType) {
        var rest = tokens[...]
        let (expression, type) = try expression(&rest, mark)
        if let extra = rest.first { throw extra.mark.error("\(extra.shown) was not expected here") }
        return (expression, type)
    }

    /// Parses `[not] EXPRESSION [== LITERAL
    /// != LITERAL]`.
    func condition(_ tokens: [TemplateToken], _ mark: TemplateMark) throws(TemplateError) -> TemplateCondition {
        var rest = tokens[...]
        var isNegated = false
        if rest.count > 1, rest.first?.kind == .name("not") {
            rest.removeFirst()
            isNegated = true
        }
        let (expression, type) = try expression(&rest, mark)
        guard let sign = rest.popFirst() else {
            return TemplateCondition(expression: expression, literal: nil, isNegated: isNegated)
        }
        guard sign.kind == .symbol("==") || sign.kind == .symbol("!=") else {
            throw sign.mark.error("\(sign.shown) was not expected here; a value is compared by '==' or '!='")
        }
        guard let token = rest.popFirst() else { throw sign.mark.error("a literal must follow \(sign.shown)") }
        let literal = try literal(token, of: type)
        if let extra = rest.first { throw extra.mark.error("\(extra.shown) was not expected here") }
        let isDifference = sign.kind == .symbol("!=")
        return TemplateCondition(expression: expression, literal: literal, isNegated: isNegated != isDifference)
    }

    private func literal(_ token: TemplateToken, of type: TemplateType) throws(TemplateError) -> TemplateValue {
        switch (token.kind, type) {
        case (.text(let text), .text): return .text(text)
        case (.text(let text), .word(let words)):
            guard words.contains(text) else {
                throw token.mark.error(
                    unknown("word", text, among: words) + " (one of \(words.joined(separator: ", ")))"
                )
            }
            return .text(text)
        case (.number(let number), .number): return .number(number)
        case (.name("true"), .flag): return .flag(true)
        case (.name("false"), .flag): return .flag(false)
        default: throw token.mark.error("\(type.name) cannot be compared with \(token.shown)")
        }
    }

    /// Parses `NAME in EXPRESSION`.
    func loopHead(
        _ tokens: [TemplateToken],
        _ mark: TemplateMark
    ) throws(TemplateError) -> (name: String, list: TemplateExpression, element: TemplateType) {
        guard tokens.count >= 3, case .name(let name) = tokens[0].kind, tokens[1].kind == .name("in") else {
            throw (tokens.first?.mark ?? mark).error("expected 'for NAME in LIST'")
        }
        guard scope[name] == nil, name != "loop" else {
            throw tokens[0].mark.error("'\(name)' has a meaning already; choose another name")
        }
        let (expression, type) = try whole(Array(tokens.dropFirst(2)), mark)
        guard case .list(let element) = type else {
            throw tokens[2].mark.error("only a list can be gone through, this is \(type.name)")
        }
        return (name, expression, element)
    }

    // MARK: Paths and filters

    private func expression(
        _ rest: inout ArraySlice<TemplateToken>,
        _ mark: TemplateMark
    ) throws(TemplateError) -> (TemplateExpression, TemplateType) {
        var (path, type) = try path(&rest, mark)
        var filters: [TemplateFilter] = []
        while rest.first?.kind == .symbol("|") {
            let bar = rest.removeFirst()
            guard let token = rest.popFirst(), case .name(let name) = token.kind else {
                throw bar.mark.error("a filter's name must follow '|'")
            }
            let argument = try argument(&rest)
            do {
                let filter = try TemplateFilter(name, argument)
                type = try filter.type(of: type)
                filters.append(filter)
            } catch {
                throw token.mark.error(error.reason)
            }
            guard filters.count <= TemplateExpression.filterLimit else {
                throw token.mark.error("more than \(TemplateExpression.filterLimit) filters")
            }
        }
        return (TemplateExpression(path: path, filters: filters), type)
    }

    private func path(
        _ rest: inout ArraySlice<TemplateToken>,
        _ mark: TemplateMark
    ) throws(TemplateError) -> ([String], TemplateType) {
        guard let first = rest.popFirst() else { throw mark.error("a name is missing") }
        guard case .name(let name) = first.kind else { throw first.mark.error("expected a name, not \(first.shown)") }
        guard var type = scope[name] else { throw first.mark.error(unknown("name", name, among: scope.keys)) }
        var path = [name]
        while rest.first?.kind == .symbol(".") {
            let dot = rest.removeFirst()
            guard let token = rest.popFirst(), case .name(let member) = token.kind else {
                throw dot.mark.error("a name must follow '.'")
            }
            let shown = path.joined(separator: ".")
            guard case .record(let members) = type else {
                throw token.mark.error("'\(shown)' is \(type.name) and has no members")
            }
            guard let found = members[member] else {
                throw token.mark.error(unknown("name", member, in: shown, among: members.keys))
            }
            path.append(member)
            type = found
        }
        return (path, type)
    }

    private func argument(
        _ rest: inout ArraySlice<TemplateToken>
    ) throws(TemplateError) -> TemplateFilter.Argument? {
        guard rest.first?.kind == .symbol("(") else { return nil }
        let open = rest.removeFirst()
        guard let token = rest.popFirst() else { throw open.mark.error("'(' is never closed") }
        let argument: TemplateFilter.Argument
        switch token.kind {
        case .text(let text): argument = .text(text)
        case .number(let number): argument = .number(number)
        case .name, .symbol: throw token.mark.error("expected a text in quotes or a number, not \(token.shown)")
        }
        guard rest.popFirst()?.kind == .symbol(")") else { throw open.mark.error("'(' is never closed") }
        return argument
    }
}
