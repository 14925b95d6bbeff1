/// The comparison of a value with a threshold.
package enum Comparison: String, Sendable, CaseIterable, CustomStringConvertible {
    case greater = ">"
    case less = "<"
    case greaterOrEqual = ">="
    case lessOrEqual = "<="
    case equal = "=="
    case notEqual = "!="

    /// The error message for an unknown operator.
    package static let complaint =
        "Invalid comparison operator. Must be one of: \(allCases.map(\.rawValue).joined(separator: ", "))"

    /// Parses the operator; nil for any other text.
    package init?(text: String) { self.init(rawValue: text) }

    /// Whether the comparison holds; never when one of the values is not a number.
    package func holds(_ value: Double, _ threshold: Double) -> Bool {
        guard !value.isNaN, !threshold.isNaN else { return false }
        return switch self {
        case .greater: value > threshold
        case .less: value < threshold
        case .greaterOrEqual: value >= threshold
        case .lessOrEqual: value <= threshold
        case .equal: value == threshold
        case .notEqual: value != threshold
        }
    }

    package var description: String { rawValue }
}
