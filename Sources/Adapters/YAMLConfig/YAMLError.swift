/// Why a YAML text cannot be used as configuration.
package enum YAMLError: Error, Sendable, Equatable, CustomStringConvertible {
    /// Not YAML; the line is from 1.
    case syntax(line: Int, String)
    /// YAML that a configuration may not use: anchors, tags, several documents, duplicate keys.
    case refused(line: Int, String)
    /// Too deep, too long or too many values.
    case tooLarge(line: Int, String)

    package var line: Int {
        switch self {
        case .syntax(let line, _), .refused(let line, _), .tooLarge(let line, _): line
        }
    }

    package var reason: String {
        switch self {
        case .syntax(_, let reason), .refused(_, let reason), .tooLarge(_, let reason): reason
        }
    }

    package var description: String { "line \(line): \(reason)" }
}
