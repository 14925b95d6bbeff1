import Base
/// A parsed query: a start and segments.
struct JSONPathQuery: Sendable {
    /// Whether it starts at the root (`$`) rather than at the current node of a filter (`@`).
    var isAbsolute: Bool
    var segments: [JSONPathSegment] = []

    /// Whether it selects at most one node (RFC 9535, section 2.3.5.1).
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
    /// `match` (the whole text) or `search` (anywhere in it).
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

/// An operand that yields one value or nothing.
indirect enum JSONPathOperand: Sendable {
    case literal(JSONValue)
    /// A singular query, or the argument of `value`: nothing unless exactly one node is selected.
    case query(JSONPathQuery)
    case length(JSONPathOperand)
    case count(JSONPathQuery)
}

/// The second argument of `match` and `search`: compiled once when it is a literal.
enum JSONPathExpression: Sendable {
    /// nil for a literal that is not an I-Regexp: it matches nothing.
    case compiled(RegularExpression?)
    case computed(JSONPathOperand)
}
