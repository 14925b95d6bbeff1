/// How a value is held against a threshold.
package enum Comparison: String, Sendable, CaseIterable, CustomStringConvertible {
    case greater = ">"
    case less = "<"
    case greaterOrEqual = ">="
    case lessOrEqual = "<="
    case equal = "=="
    case notEqual = "!="

    /// What to tell who gives another operator.
    package static let complaint =
        "Invalid comparison operator. Must be one of: \(allCases.map(\.rawValue).joined(separator: ", "))"

    /// Reads the operator; nil for any other text.
    package init?(text: String) { self.init(rawValue: text) }

    /// Whether the value compares so with the threshold; never when one of them is not a number.
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
