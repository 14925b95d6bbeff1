/// Why a JSONPath cannot be parsed, or its evaluation was aborted.
package enum JSONPathError: Error, Sendable, Equatable, CustomStringConvertible {
    /// Not a well-formed and valid path: what is wrong, and at which byte.
    case syntax(reason: String, offset: Int)
    /// Longer than `JSONPath.maximumLength` bytes.
    case tooLong
    /// Evaluation took more than the given number of steps.
    case limit(Int)
    /// An expression of `match` or `search` could not be matched.
    case expression(PatternError)

    package var description: String {
        switch self {
        case .syntax(let reason, let offset): "\(reason) (at byte \(offset))"
        case .tooLong: "the path is longer than \(JSONPath.maximumLength) bytes"
        case .limit(let steps): "the path takes more than \(steps) steps on this text"
        case .expression(let error): "match or search: \(error)"
        }
    }
}
