import Base

/// What looking for a regular expression came to.
enum PatternMatch {
    /// The end of the first match, in bytes from the start.
    case found(Int)
    case absent
    /// It cannot be used, or costs too much; in words that stand after "the regular expression".
    case failed(String)
}

/// The rule for regular expressions in settings.
enum PatternRule {
    static func fault(_ text: String) -> Schema.TextFault? { nil }
}

/// Compiled regular expressions, the last used ones.
final class PatternCache {
    func match(_ source: String, _ bytes: ArraySlice<UInt8>) -> PatternMatch { .failed("cannot be used") }
}
