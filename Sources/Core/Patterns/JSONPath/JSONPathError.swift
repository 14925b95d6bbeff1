/// Why a JSONPath cannot be parsed, or its evaluation was aborted.
package enum JSONPathError: Error, Sendable, Equatable, CustomStringConvertible {
    /// Not a well-formed and valid path: what is wrong, and at which byte.
    case syntax(reason: String, offset: Int)
    /// Longer than `JSONPath.maximumLength` bytes.
    case tooLong
    /// Evaluation visited more than the given number of nodes.
    case limit(Int)

    package var description: String {
        switch self {
        case .syntax(let reason, let offset): "\(reason) (at byte \(offset))"
        case .tooLong: "the path is longer than \(JSONPath.maximumLength) bytes"
        case .limit(let nodes): "the path visits more than \(nodes) nodes of this text"
        }
    }
}
