package import Domain

/// Why the rules of a time zone cannot be loaded.
package enum ZoneError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The name is not valid for a zone.
    case invalidName(String)
    /// No zone has the name; includes the nearest name if there is one.
    case unknown(String, suggestion: String?)
    /// This machine has no zone files.
    case notInstalled(directory: String)
    /// The zone's file cannot be read.
    case unreadable(String, reason: String)
    /// The zone's file is invalid.
    case malformed(String, TimeZoneError)

    package var description: String {
        switch self {
        case .invalidName(let name):
            "'\(Self.cut(name))' is not the name of a time zone, such as Europe/Berlin, America/New_York or UTC"
        case .unknown(let name, let suggestion):
            "there is no time zone '\(name)'" + (suggestion.map { "; did you mean '\($0)'?" } ?? "")
        case .notInstalled(let directory): "there are no time zones in \(directory); Debian's package is tzdata"
        case .unreadable(let name, let reason): "time zone '\(name)': \(reason)"
        case .malformed(let name, let fault): "time zone '\(name)': \(fault)"
        }
    }

    /// The beginning of a text, with control characters made visible.
    private static func cut(_ text: String) -> String {
        let start = text.unicodeScalars.prefix(64).map { $0.value < 32 || $0.value == 127 ? "?" : String($0) }.joined()
        return text.unicodeScalars.count > 64 ? start + "…" : start
    }
}
