/// Why the configuration cannot be used: every error, not only the first.
package struct ConfigurationError: Error, Sendable, Equatable, CustomStringConvertible {
    /// In the order found, at least one.
    package let problems: [Problem]

    package init(_ problems: [Problem]) { self.problems = problems }
    package init(_ problem: Problem) { problems = [problem] }

    /// One error with its location; never shows a secret.
    package enum Problem: Sendable, Equatable, CustomStringConvertible {
        /// A file that cannot be read at all.
        case unreadable(path: String, reason: String)
        /// A file that violates its format.
        case syntax(path: String, line: Int, reason: String)
        /// A key that no setting has.
        case unknownKey(path: String, line: Int, name: String, suggestion: String?)
        /// A plain value where a group of settings is expected; `example` is one of them.
        case section(path: String, line: Int, name: String, example: String)
        /// Values that are all valid and cannot hold together, or not in this version, in words.
        case refused(String)
        /// A value that its setting does not accept; `found` is nil for secrets.
        case invalid(name: String, origin: SettingOrigin, found: String?, expected: String)

        package var description: String {
            switch self {
            case .unreadable(let path, let reason): "\(path): \(reason)"
            case .syntax(let path, let line, let reason): "\(path):\(line): \(reason)"
            case .unknownKey(let path, let line, let name, let suggestion):
                "\(path):\(line): unknown key '\(name)'" + (suggestion.map { "; did you mean '\($0)'?" } ?? "")
            case .section(let path, let line, let name, let example):
                "\(path):\(line): '\(name)' is a group of settings, not one of its own: set '\(example)' and its like"
            case .refused(let text): text
            case .invalid(let name, let origin, let found, let expected):
                "\(name) (\(origin)): " + Self.fault(found, expected)
            }
        }

        /// What is wrong, without the place.
        package var fault: String {
            guard case .invalid(_, _, let found, let expected) = self else { return description }
            return Self.fault(found, expected)
        }

        private static func fault(_ found: String?, _ expected: String) -> String {
            (found.map { "'\(cut($0))'" } ?? "the value") + " is not \(expected)"
        }

        /// The beginning of a text, with control characters made visible and without the credentials of a URL.
        private static func cut(_ text: String) -> String {
            var text = text
            if let scheme = text.firstRange(of: "://") {
                let authority = text[scheme.upperBound...].prefix { $0 != "/" }
                if let at = authority.lastIndex(of: "@") {
                    text.replaceSubrange(scheme.upperBound..<at, with: "***")
                }
            }
            let start = text.unicodeScalars.prefix(80).map { $0.value < 32 || $0.value == 127 ? "?" : String($0) }
                .joined()
            return text.unicodeScalars.count > 80 ? start + "…" : start
        }
    }

    package var description: String { problems.map(\.description).joined(separator: "\n") }
}
