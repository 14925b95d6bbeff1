/// The severity of a log record, least first.
package enum LogLevel: String, Sendable, CaseIterable, Comparable {
    case trace, debug, info, notice, warning, error, critical

    private var rank: Int { Self.allCases.firstIndex(of: self) ?? 0 }
    package static func < (left: LogLevel, right: LogLevel) -> Bool { left.rank < right.rank }

    /// Reads a level by name in any case; also `WARN` and `FATAL`.
    package init?(name: String) {
        switch name.lowercased() {
        case "warn": self = .warning
        case "fatal": self = .critical
        case let name:
            guard let level = LogLevel(rawValue: name) else { return nil }
            self = level
        }
    }
}
