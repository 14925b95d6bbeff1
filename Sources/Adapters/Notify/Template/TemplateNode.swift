/// A piece of a checked template.
indirect enum TemplateNode: Sendable, Equatable {
    case text(String)
    case insert(TemplateExpression)
    case choice([Branch], otherwise: [TemplateNode])
    case loop(name: String, over: TemplateExpression, body: [TemplateNode])

    /// The nodes that are rendered when the condition is the first that holds.
    struct Branch: Sendable, Equatable {
        let condition: TemplateCondition
        let body: [TemplateNode]
    }
}

/// A path to a value and the filters applied to it.
struct TemplateExpression: Sendable, Equatable {
    let path: [String]
    let filters: [TemplateFilter]

    static let filterLimit = 8
    private static let sizeLimit = 262_144

    func value(in values: [String: TemplateValue]) -> TemplateValue {
        var value = values[path[0]] ?? .none
        for name in path.dropFirst() { value = value[name] }
        for filter in filters {
            value = filter.apply(value)
            // Escapes can be chained, and each makes the text longer.
            if case .text(let text) = value, text.utf8.count > Self.sizeLimit {
                value = .text(text.truncated(Self.sizeLimit / 4))
            }
        }
        return value
    }
}

/// A value used as a condition, or its comparison with a literal.
struct TemplateCondition: Sendable, Equatable {
    let expression: TemplateExpression
    /// The literal to compare with; nil when the value itself is the condition.
    let literal: TemplateValue?
    let isNegated: Bool

    func holds(in values: [String: TemplateValue]) -> Bool {
        let value = expression.value(in: values)
        switch literal {
        case nil: return value.isTrue != isNegated
        case .text(let text)?: return (value.plainText == text) != isNegated
        case let literal?: return (value == literal) != isNegated
        }
    }
}
