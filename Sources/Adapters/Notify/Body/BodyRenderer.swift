import Base

/// Fills a body's structure with values, and notes whether a text exceeded its limit.
struct BodyRenderer {
    private var values: [String: TemplateValue]
    private let templates: ChannelTemplates
    /// How texts that are too long are cut, and whether formatting is taken out.
    private let style: Style
    /// Whether a text was cut.
    private(set) var isCut = false
    /// UTF-16 units of all texts so far.
    private(set) var textCount = 0
    private var nodesLeft = 5000
    private static let textLimit = 65_536

    /// How texts are written.
    enum Style {
        case text
        /// HTML, which stays whole when it is cut.
        case html
        /// What would be HTML, without it.
        case plain
    }

    init(_ values: [String: TemplateValue], _ templates: ChannelTemplates, _ style: Style = .text) {
        (self.values, self.templates, self.style) = (values, templates, style)
    }

    /// The body; null when it renders to nothing.
    mutating func json(_ node: BodyNode) -> JSONValue { elements(node).first ?? .null }

    /// The rendered text of a text node; empty for any other node.
    mutating func text(_ node: BodyNode) -> String { json(node).stringValue ?? "" }

    /// No element for an omitted node, one for most nodes, any number for a loop.
    private mutating func elements(_ node: BodyNode) -> [JSONValue] {
        nodesLeft -= 1
        guard nodesLeft > 0 else {
            isCut = true
            return []
        }
        switch node {
        case .literal(let value):
            if case .string(let text) = value { textCount += text.utf16.count }
            return [value]
        case .text(let template, let limit): return text(template, limit)
        case .setting(let name, let limit): return templates.texts[name].map { text($0, limit) } ?? []
        case .body(let name): return templates.bodies[name].map { elements($0) } ?? []
        case .number(let template):
            let text = template.render(values, limit: 100).filter { $0 != " " && $0 != "\n" }
            return Int64(text).map { [.integer($0)] } ?? []
        case .value(let expression):
            let json = expression.value(in: values).json
            return json == .null ? [] : [json]
        case .pairs(let list, let areIdentifiers, let fixed): return pairs(list, areIdentifiers, fixed)
        case .object(let members): return object(members)
        case .array(let nodes):
            let found = nodes.flatMap { elements($0) }
            return found.isEmpty ? [] : [.array(found)]
        case .when(let condition, let body): return condition.holds(in: values) ? elements(body) : []
        case .each(let name, let list, let limit, let body): return each(name, list, limit, body)
        }
    }

    private mutating func text(_ template: Template, _ limit: Int?) -> [JSONValue] {
        var text = template.render(values, limit: Self.textLimit)
        if style == .plain { text = HTMLText.plain(text) }
        if text.utf16.count > limit ?? .max || text.utf8.count >= Self.textLimit {
            isCut = true
            let limit = limit ?? Self.textLimit
            text = style == .html ? HTMLText.cut(text, to: limit) : text.truncated(limit)
        }
        textCount += text.utf16.count
        return text.isEmpty ? [] : [.string(text)]
    }

    private mutating func object(_ members: [BodyNode.Member]) -> [JSONValue] {
        let found = members.compactMap { member in
            elements(member.value).first.map { (key: member.key, value: $0) }
        }
        return found.isEmpty ? [] : [.object(JSONObject(found))]
    }

    private mutating func pairs(
        _ list: TemplateExpression,
        _ areIdentifiers: Bool,
        _ fixed: BodyNode
    ) -> [JSONValue] {
        var object = JSONObject()
        if case .list(let elements) = list.value(in: values) {
            for element in elements {
                let name = element["name"].plainText
                let key = areIdentifiers ? Self.identifier(name) : name
                object[key] = .string(element["value"].plainText)
                textCount += key.utf16.count + element["value"].plainText.utf16.count
            }
        }
        if case .object(let members)? = elements(fixed).first {
            for member in members.members { object[member.key] = member.value }
        }
        return object.members.isEmpty ? [] : [.object(object)]
    }

    /// Only letters, digits and underscores, not beginning with a digit.
    private static func identifier(_ name: String) -> String {
        let bytes = name.utf8.map { byte -> UInt8 in
            (byte | 32) &- 97 < 26 || byte &- 48 <= 9 ? byte : UInt8(ascii: "_")
        }
        let text = String(decoding: bytes, as: UTF8.self)
        return bytes.first.map { $0 &- 48 <= 9 } ?? true ? "_" + text : text
    }

    private mutating func each(
        _ name: String,
        _ list: TemplateExpression,
        _ limit: Int,
        _ body: BodyNode
    ) -> [JSONValue] {
        guard case .list(let elements) = list.value(in: values) else { return [] }
        let outer = values[name]
        defer { values[name] = outer }
        return elements.prefix(limit).flatMap { element in
            values[name] = element
            return self.elements(body)
        }
    }
}
