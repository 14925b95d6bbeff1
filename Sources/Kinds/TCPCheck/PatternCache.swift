import Base
import Patterns

/// The result of searching for a regular expression.
enum PatternMatch {
    /// The end of the first match, in bytes from the start.
    case found(Int)
    case absent
    /// The expression costs too much on this text; says why.
    case tooCostly(String)
    /// The text is not an expression; says why.
    case unusable(String)
}

/// The rule for regular expressions in settings.
enum PatternRule {
    static func fault(_ text: String) -> Schema.TextError? {
        do throws(PatternError) {
            _ = try RegularExpression(text)
            return nil
        } catch {
            return Schema.TextError("It is no regular expression: \(error)")
        }
    }
}

/// The compiled regular expressions of one prober's checks.
///
/// Not Sendable: confined to its loop.
final class PatternCache {
    private var compiled: [ExactText: RegularExpression] = [:]
    private static let limit = 1000
    /// The steps that all searches of a check take: a target that sends byte by byte has each of them searched again.
    static let stepLimit = 10 * RegularExpression.stepLimit(bytes: TCPStep.maximumBytesLimit)

    /// Searches for the first match, within the steps that a check has left.
    func match(_ source: String, _ bytes: ArraySlice<UInt8>, steps: inout Int) -> PatternMatch {
        let limit = min(steps, RegularExpression.stepLimit(bytes: bytes.count))
        var left = limit
        defer { steps -= limit - left + bytes.count / 16 }
        do throws(PatternError) {
            let found = try expression(source).firstMatch(in: Array(bytes), steps: &left)
            return found.map { .found($0.upperBound) } ?? .absent
        } catch {
            return error == .limit ? .tooCostly("\(error)") : .unusable("\(error)")
        }
    }

    private func expression(_ source: String) throws(PatternError) -> RegularExpression {
        if let known = compiled[ExactText(source)] { return known }
        let made = try RegularExpression(source)
        // Rare, and cheaper than tracking which was used last.
        if compiled.count >= Self.limit { compiled.removeAll() }
        compiled[ExactText(source)] = made
        return made
    }
}
