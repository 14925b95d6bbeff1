/// One parameter of a statement or value of a result.
package enum SQLValue: Sendable, Hashable {
    case null
    case integer(Int64)
    case double(Double)
    case text(String)
    case blob([UInt8])
}

extension SQLValue {
    /// An integer, null for nil.
    package static func integer(_ value: Int64?) -> SQLValue { value.map { .integer($0) } ?? .null }

    /// A text, null for nil.
    package static func text(_ value: String?) -> SQLValue { value.map { .text($0) } ?? .null }

    /// One or zero: the portable boolean.
    package static func flag(_ value: Bool) -> SQLValue { .integer(value ? 1 : 0) }

    /// The storage class, for error texts.
    var kind: String {
        switch self {
        case .null: "null"
        case .integer: "an integer"
        case .double: "a double"
        case .text: "a text"
        case .blob: "a blob"
        }
    }
}

extension SQLValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByNilLiteral {
    package init(stringLiteral value: String) { self = .text(value) }
    package init(integerLiteral value: Int64) { self = .integer(value) }
    package init(nilLiteral: ()) { self = .null }
}
