/// The severity of an incident, the worst last.
package enum Severity: String, Sendable, CaseIterable, Comparable {
    case info, warning, critical

    package static func < (left: Severity, right: Severity) -> Bool { left.rank < right.rank }

    private var rank: Int {
        switch self {
        case .info: 0
        case .warning: 1
        case .critical: 2
        }
    }
}
