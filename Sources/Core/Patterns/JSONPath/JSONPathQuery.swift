import Base
/// A query as it was read: a start and segments.
struct JSONPathQuery: Sendable {
    /// Starts at the root (`$`), otherwise at the current node of a filter (`@`).
    var isAbsolute: Bool
    var segments: [JSONPathSegment] = []

    /// Selects one node at most (RFC 9535, section 2.3.5.1).
    var isSingular: Bool {
        segments.allSatisfy { segment in
            guard !segment.isDescendant, segment.selectors.count == 1 else { return false }
            switch segment.selectors[0] {
            case .name, .index: return true
            default: return false
            }
        }
    }
}

struct JSONPathSegment: Sendable {
    var isDescendant: Bool
    var selectors: [JSONPathSelector]
}

enum JSONPathSelector: Sendable {
    case name(String)
    case wildcard
    case index(Int)
    case slice(start: Int?, end: Int?, step: Int)
    case filter(JSONPathCondition)
}

/// A logical expression of a filter.
indirect enum JSONPathCondition: Sendable {
    case any([JSONPathCondition])
    case all([JSONPathCondition])
    case not(JSONPathCondition)
    /// The query selects at least one node.
    case exists(JSONPathQuery)
    case comparison(JSONPathOperand, JSONPathComparison, JSONPathOperand)
    /// `match` (the whole text) or `search` (somewhere).
    case matches(JSONPathOperand, JSONPathExpression, isWhole: Bool)
}

enum JSONPathComparison: String, Sendable {
    case equal = "=="
    case notEqual = "!="
    case lessOrEqual = "<="
    case greaterOrEqual = ">="
    case less = "<"
    case greater = ">"
}

/// What yields one value or nothing.
indirect enum JSONPathOperand: Sendable {
    case literal(JSONValue)
    /// A singular query, or the argument of `value`: nothing unless one node is selected.
    case query(JSONPathQuery)
    case length(JSONPathOperand)
    case count(JSONPathQuery)
}

/// The second argument of `match` and `search`: compiled once when it is a literal.
enum JSONPathExpression: Sendable {
    /// Nil for a literal that is no I-Regexp: it matches nothing.
    case compiled(RegularExpression?)
    case computed(JSONPathOperand)
}
