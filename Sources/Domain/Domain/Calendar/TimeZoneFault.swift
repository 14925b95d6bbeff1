/// Why the bytes of a file are no rules of a time zone.
package enum TimeZoneFault: Error, Sendable, Equatable, CustomStringConvertible {
    /// It does not begin as a TZif file does.
    case notZoneFile
    /// Larger than `TimeZoneRules.sizeLimit` bytes.
    case tooLarge
    /// It ends before what it announces.
    case truncated
    /// It counts leap seconds, which clocks of computers do not.
    case leapSeconds
    /// What it announces is there but cannot be; in words.
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
