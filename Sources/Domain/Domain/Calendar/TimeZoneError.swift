/// Why bytes are not a valid zone file.
package enum TimeZoneError: Error, Sendable, Equatable, CustomStringConvertible {
    /// It does not begin like a TZif file.
    case notZoneFile
    /// Larger than `TimeZoneRules.sizeLimit` bytes.
    case tooLarge
    /// It ends before the announced content.
    case truncated
    /// It counts leap seconds, unlike computer clocks.
    case leapSeconds
    /// Its content is contradictory; in words.
    case malformed(String)

    package var description: String {
        switch self {
        case .notZoneFile: "not a time zone file (TZif)"
        case .tooLarge: "the time zone file is larger than \(TimeZoneRules.sizeLimit) bytes"
        case .truncated: "the time zone file ends too early"
        case .leapSeconds: "the time zone file counts leap seconds"
        case .malformed(let reason): "the time zone file is malformed: \(reason)"
        }
    }
}
