/// Why a text is not a valid cron expression.
package enum CronError: Error, Sendable, Equatable, CustomStringConvertible {
    /// More or fewer than five fields.
    case fieldCount(Int)
    /// A word after `@` that is not one of `CronExpression.shorthands`.
    case unknownShorthand(String)
    /// An invalid part of a field.
    case invalid(field: CronField, text: String, expected: String)
    /// It has only days that no month has, such as 30 February.
    case neverFires
    /// Longer than `CronExpression.lengthLimit` bytes.
    case tooLong

    package var description: String {
        switch self {
        case .fieldCount(let count):
            """
            a cron expression has five fields (minute, hour, day of month, month, day of week), not \(count); \
            or it is one of \(Self.shorthands)
            """
        case .unknownShorthand(let word): "'\(Self.cut(word))' is not one of \(Self.shorthands)"
        case .invalid(let field, let text, let expected): "\(field.name): '\(Self.cut(text))' is not \(expected)"
        case .neverFires: "no month that the expression names has one of its days"
        case .tooLong: "longer than \(CronExpression.lengthLimit) bytes"
        }
    }

    private static var shorthands: String { CronExpression.shorthands.map(\.word).joined(separator: ", ") }

    /// The beginning of a text, with control characters made visible.
    private static func cut(_ text: String) -> String {
        let start = text.unicodeScalars.prefix(40).map { $0.value < 32 || $0.value == 127 ? "?" : String($0) }.joined()
        return text.unicodeScalars.count > 40 ? start + "…" : start
    }
}
