/// Why a command line cannot be understood.
package enum UsageError: Error, Sendable, Equatable, CustomStringConvertible {
    case unknownOption(String, suggestion: String?)
    case unknownCommand(String, suggestion: String?)
    case missingCommand([String])
    case missingValue(option: String, placeholder: String)
    case unexpectedValue(flag: String)
    case repeated(option: String, maximum: Int)
    /// A value or argument that its declaration does not accept; `found` is nil for secrets.
    case invalidValue(name: String, found: String?, expected: String)
    case missingArgument(String)
    case unexpectedArgument(String)
    /// Several at once, in the order of the command line.
    case several([UsageError])
    /// An error that only the command itself can detect, in words.
    case other(String)

    package var description: String {
        switch self {
        case .unknownOption(let name, let suggestion):
            "unknown option \(Self.quoted(name))" + (suggestion.map { "; did you mean \($0)?" } ?? "")
        case .unknownCommand(let name, let suggestion):
            "unknown command '\(Self.quoted(name))'" + (suggestion.map { "; did you mean '\($0)'?" } ?? "")
        case .missingCommand(let names): "a command is missing: one of \(names.joined(separator: ", "))"
        case .missingValue(let option, let placeholder): "option \(option) needs a value: \(option) \(placeholder)"
        case .unexpectedValue(let flag): "option \(flag) takes no value"
        case .repeated(let option, 1): "option \(option) is given more than once"
        case .repeated(let option, let maximum): "option \(option) is given more than \(maximum) times"
        case .invalidValue(let name, let found, let expected):
            "\(name): \(found.map { "'\(Self.quoted(Self.withoutPassword($0)))'" } ?? "the value") is not \(expected)"
        case .missingArgument(let name): "the argument \(name) is missing"
        case .unexpectedArgument(let text): "unexpected argument '\(Self.quoted(text))'"
        case .several(let errors):
            (["\(errors.count) things are wrong:"] + errors.map(\.description)).joined(separator: "\n  ")
        case .other(let text): text
        }
    }

    /// The beginning of a text, with control characters made visible.
    private static func quoted(_ text: String) -> String {
        let scalars = text.unicodeScalars
        let start = scalars.prefix(80).map { $0.value < 32 || $0.value == 127 ? "?" : String($0) }.joined()
        return scalars.count > 80 ? start + "…" : start
    }

    /// The text without the part before the `@` of a URL, which may hold a password.
    private static func withoutPassword(_ text: String) -> String {
        guard let at = text.lastIndex(of: "@"), let start = text.firstRange(of: "://")?.upperBound, start < at,
            !text[start..<at].contains("/")
        else { return text }
        return "\(text[..<start])***\(text[at...])"
    }
}

/// A usage error and the command that it belongs to.
package struct CommandUsageError: Error, Sendable, Equatable {
    package let error: UsageError
    /// The program's name and the commands understood so far.
    package let path: [String]

    package init(_ error: UsageError, in path: [String]) { (self.error, self.path) = (error, path) }
}
