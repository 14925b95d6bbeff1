import Base
import YAMLConfig

/// Parses a body's structure from YAML and checks every template against the names in scope.
///
/// Members of a mapping that begin with `$` are directives (`$$` stands for a literal `$`): `$if`, `$for` with
/// `$limit`, `$then` for a value that is not a mapping, `$text` with `$max`, `$template` with `$max`, `$body`,
/// `$number`, `$value`, `$pairs`.
struct BodyParser {
    private var scope: TemplateScope
    private let escape: Escape
    /// The names of the settings that are templates and of those that are bodies.
    private let settings: (templates: [String], bodies: [String])

    init(scope: TemplateScope, escape: Escape, templates: [String] = [], bodies: [String] = []) {
        (self.scope, self.escape, settings) = (scope, escape, (templates, bodies))
    }

    mutating func node(_ node: YAMLNode) throws(PlacedError) -> BodyNode {
        switch node {
        case .scalar(let text, let isPlain, let place): return try scalar(text, isPlain, place)
        case .sequence(let nodes, _):
            guard !nodes.isEmpty else { return .literal(.array([])) }
            var parsed: [BodyNode] = []
            for node in nodes { parsed.append(try self.node(node)) }
            return .array(parsed)
        case .mapping(let members, let place):
            guard !members.isEmpty else { return .literal(.object(JSONObject())) }
            return try mapping(members, place)
        }
    }

    private func scalar(_ text: String, _ isPlain: Bool, _ place: YAMLPlace) throws(PlacedError) -> BodyNode {
        if isPlain {
            switch text {
            case "", "~", "null": return .literal(.null)
            case "true": return .literal(true)
            case "false": return .literal(false)
            default: if let number = Int64(text) { return .literal(.integer(number)) }
            }
        }
        let template = try template(text, place)
        return template.isConstant ? .literal(.string(template.render([:]))) : .text(template, limit: nil)
    }

    private func template(_ text: String, _ place: YAMLPlace) throws(PlacedError) -> Template {
        do {
            return try Template(text, scope: scope, escape: escape)
        } catch {
            throw PlacedError(place, error)
        }
    }

    // MARK: Directives

    private static let directives = [
        "$if", "$for", "$limit", "$text", "$max", "$template", "$body", "$number", "$value", "$pairs", "$identifiers",
        "$then",
    ]

    private mutating func mapping(_ members: [YAMLNode.Member], _ place: YAMLPlace) throws(PlacedError) -> BodyNode {
        var plain: [YAMLNode.Member] = []
        var directives: [String: YAMLNode] = [:]
        for member in members {
            if member.key.hasPrefix("$$") || !member.key.hasPrefix("$") {
                plain.append(member)
            } else if Self.directives.contains(member.key) {
                directives[member.key] = member.value
            } else {
                throw PlacedError(member.place, unknown("directive", member.key, among: Self.directives))
            }
        }
        return try conditional(&directives, plain, place)
    }

    private mutating func conditional(
        _ directives: inout [String: YAMLNode],
        _ plain: [YAMLNode.Member],
        _ place: YAMLPlace
    ) throws(PlacedError) -> BodyNode {
        let condition = directives.removeValue(forKey: "$if")
        guard let list = directives.removeValue(forKey: "$for") else {
            let test = try condition.map(self.condition)
            let body = try content(&directives, plain, place)
            return test.map { .when($0, body) } ?? body
        }
        let limit = try number(directives.removeValue(forKey: "$limit")) ?? 100
        let (name, expression, element) = try loop(list)
        let outer = scope
        scope[name] = element
        defer { scope = outer }
        // Inside the loop, so that it can use the element.
        let test = try condition.map(self.condition)
        let body = try content(&directives, plain, place)
        return .each(name: name, list: expression, limit: limit, body: test.map { .when($0, body) } ?? body)
    }

    private mutating func content(
        _ directives: inout [String: YAMLNode],
        _ plain: [YAMLNode.Member],
        _ place: YAMLPlace
    ) throws(PlacedError) -> BodyNode {
        let limit = try number(directives.removeValue(forKey: "$max"))
        let areIdentifiers = try directives.removeValue(forKey: "$identifiers").map(FileMapping.text) == "true"
        guard let (directive, node) = directives.popFirst() else { return try object(plain) }
        guard directives.isEmpty, plain.isEmpty || directive == "$pairs" else {
            throw PlacedError(place, "'\(directive)' cannot stand beside other members")
        }
        if directive == "$then" { return try self.node(node) }
        let text = try FileMapping.text(node)
        switch directive {
        case "$text": return .text(try template(text, node.place), limit: limit)
        case "$number": return .number(try template(text, node.place))
        case "$value": return .value(try expression(node).0)
        case "$pairs":
            let (list, type) = try expression(node)
            guard case .list(.record(let members)) = type, members["name"] != nil, members["value"] != nil else {
                throw PlacedError(node.place, "'$pairs' needs a list of names and values")
            }
            return .pairs(list, areIdentifiers: areIdentifiers, fixed: try object(plain))
        case "$template":
            guard settings.templates.contains(text) else {
                throw PlacedError(node.place, unknown("setting", text, among: settings.templates))
            }
            return .setting(text, limit: limit)
        case "$body":
            guard settings.bodies.contains(text) else {
                throw PlacedError(node.place, unknown("setting", text, among: settings.bodies))
            }
            return .body(text)
        default: throw PlacedError(node.place, "'\(directive)' means nothing here")
        }
    }

    private mutating func object(_ members: [YAMLNode.Member]) throws(PlacedError) -> BodyNode {
        var parsed: [BodyNode.Member] = []
        for member in members {
            let key = member.key.hasPrefix("$$") ? String(member.key.dropFirst()) : member.key
            parsed.append(BodyNode.Member(key: key, value: try node(member.value)))
        }
        return .object(parsed)
    }

    private func number(_ node: YAMLNode?) throws(PlacedError) -> Int? {
        guard let node else { return nil }
        guard let number = Int(try FileMapping.text(node)), (1...100_000).contains(number) else {
            throw PlacedError(node.place, "expected a whole number from 1 to 100000")
        }
        return number
    }

    // MARK: Words of the template language

    private var words: TemplateExpressionParser { TemplateExpressionParser(scope: scope) }

    private func tokens(_ node: YAMLNode) throws(PlacedError) -> [TemplateToken] {
        let text = try FileMapping.text(node)
        do {
            return try TemplateScanner.tokens(of: text)
        } catch {
            throw PlacedError(node.place, "in the expression, \(error)")
        }
    }

    private static let start = TemplateMark(line: 1, column: 1)

    private func expression(_ node: YAMLNode) throws(PlacedError) -> (TemplateExpression, TemplateType) {
        let tokens = try tokens(node)
        do throws(TemplateError) {
            return try words.whole(tokens, Self.start)
        } catch {
            throw PlacedError(node.place, "in the expression, \(error)")
        }
    }

    private func condition(_ node: YAMLNode) throws(PlacedError) -> TemplateCondition {
        let tokens = try tokens(node)
        do throws(TemplateError) {
            return try words.condition(tokens, Self.start)
        } catch {
            throw PlacedError(node.place, "in the condition, \(error)")
        }
    }

    private func loop(_ node: YAMLNode) throws(PlacedError) -> (String, TemplateExpression, TemplateType) {
        let tokens = try tokens(node)
        do throws(TemplateError) {
            return try words.loopHead(tokens, Self.start)
        } catch {
            throw PlacedError(node.place, "in the loop, \(error)")
        }
    }
}
