/// Why a regular expression cannot be compiled or its match was aborted.
package enum PatternError: Error, Sendable, Equatable, CustomStringConvertible {
    /// Longer than `RegularExpression.maximumLength` bytes.
    case tooLong
    /// Not an expression: what is wrong, and at which byte.
    case syntax(reason: String, offset: Int)
    /// Matching exceeded its limit of steps or memory.
    case limit
    /// PCRE2 failed in another way, with its error code.
    case failed(code: Int32)

    package var description: String {
        switch self {
        case .tooLong: "the expression is longer than \(RegularExpression.maximumLength) bytes"
        case .syntax(let reason, let offset): "\(reason) (at byte \(offset))"
        case .limit: "the expression takes too long on this text"
        case .failed(let code): "the expression could not be matched (PCRE2 error \(code))"
        }
    }
}
