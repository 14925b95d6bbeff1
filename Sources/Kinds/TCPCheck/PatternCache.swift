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
    private var compiled: [ExactText: Expression] = [:]
    private static let limit = 1000
    /// The steps that all searches of a check take: a target that sends byte by byte has each of them searched again.
    static let stepLimit = 10 * RegularExpression.stepLimit(bytes: TCPStep.maximumBytesLimit)

    /// An expression for UTF-8 and, from the first time that it is needed, for other bytes.
    private struct Expression {
        let text: RegularExpression
        var bytewise: RegularExpression?

        /// Whether the expression itself is written with characters that are several bytes in UTF-8.
        var isWide: Bool { text.pattern.utf8.contains { $0 > 127 } }
    }

    /// Searches for the first match, within the steps that a check has left.
    ///
    /// UTF-8 is matched by its characters. Other bytes are matched one by one as Latin-1, and around the invalid ones where
    /// the expression itself has characters beyond ASCII. Unless `isEnd`, a character that has only begun at the end of
    /// the bytes is still UTF-8: the rest of it is to come.
    func match(
        _ source: String,
        _ bytes: ArraySlice<UInt8>,
        isEnd: Bool = false,
        steps: inout Int
    ) -> PatternMatch {
        let limit = min(steps, RegularExpression.stepLimit(bytes: bytes.count))
        var left = limit
        defer { steps -= limit - left + bytes.count / 16 }
        do throws(PatternError) {
            let bytes = Array(bytes)
            let expression = try expression(source)
            var found: Range<Int>?
            var isText = Self.isText(bytes, isEnd)
            if !isText {
                if let bytewise = bytewise(source) {
                    found = try bytewise.firstMatch(in: bytes, steps: &left)
                    isText = expression.isWide
                } else {
                    isText = true
                }
            }
            if found == nil, isText { found = try expression.text.firstMatch(in: bytes, steps: &left) }
            return found.map { .found($0.upperBound) } ?? .absent
        } catch {
            return error == .limit ? .tooCostly("\(error)") : .unusable("\(error)")
        }
    }

    private static func isText(_ bytes: [UInt8], _ isEnd: Bool) -> Bool {
        do throws(UTF8.ValidationError) {
            _ = try UTF8Span(validating: bytes.span)
            return true
        } catch {
            return !isEnd && error.kind == .truncatedScalar && error.byteOffsets.upperBound == bytes.count
        }
    }

    /// nil for an expression that has characters beyond Latin-1.
    private func bytewise(_ source: String) -> RegularExpression? {
        if let known = compiled[ExactText(source)]?.bytewise { return known }
        guard let made = try? RegularExpression(bytewise: source) else { return nil }
        compiled[ExactText(source)]?.bytewise = made
        return made
    }

    private func expression(_ source: String) throws(PatternError) -> Expression {
        if let known = compiled[ExactText(source)] { return known }
        let made = Expression(text: try RegularExpression(source))
        // Rare, and cheaper than tracking which was used last.
        if compiled.count >= Self.limit { compiled.removeAll() }
        compiled[ExactText(source)] = made
        return made
    }
}
