import Patterns

/// A condition on the labels of an incident in Alertmanager's syntax: `tag=shop`, `severity!="info"`, `name=~"Shop.*"`,
/// `url!~".*\.test/.*"`; and a simple form for people, `name~Shop*`.
///
/// A label may have several values, as tags do: `=`, `=~` and `~` need one matching value, `!=` and `!~` need none. A
/// missing label counts as an empty value. `=~` and `!~` take regular expressions that must match the whole value. In
/// the patterns of `~`, `*` matches any characters, `?` one character, `
/// ` separates alternatives, and case is ignored.
package struct LabelMatcher: Sendable, Equatable {
    package enum Operation: String, Sendable, CaseIterable {
        case equal = "="
        case unequal = "!="
        case matches = "=~"
        case matchesNot = "!~"
        case like = "~"

        var isExpression: Bool { self == .matches || self == .matchesNot }
    }

    /// The labels of incidents; those of series begin with `series.`.
    package static let labels = ["id", "kind", "monitor", "name", "reason", "rule", "severity", "tag", "url"]

    /// Whether incidents can have a label with this name.
    package static func isLabel(_ name: String) -> Bool {
        labels.contains(name) || name.hasPrefix("series.") && name.utf8.count > 7
    }

    package let label: String
    package let operation: Operation
    package let value: String
    /// The compiled expression of an operation with expressions.
    private let expression: RegularExpression?

    /// Parses one matcher.
    ///
    /// Throws as `list` does, and `.several` for more than one.
    package init(_ text: String) throws(ParseError) {
        let all = try Self.list(text)
        guard all.count == 1, let only = all.first else { throw .several }
        self = only
    }

    init(_ label: String, _ operation: Operation, _ value: String) throws(ParseError) {
        (self.label, self.operation, self.value) = (label, operation, value)
        guard operation.isExpression else {
            expression = nil
            return
        }
        do throws(PatternError) { expression = try RegularExpression(value, isWhole: true) } catch {
            throw .expression(value, "\(error)")
        }
    }

    package static func == (left: LabelMatcher, right: LabelMatcher) -> Bool {
        (left.label, left.operation, left.value) == (right.label, right.operation, right.value)
    }

    /// Whether the label's values match.
    package func matches(_ labels: [String: [String]]) -> Bool {
        let values = labels[label] ?? [""]
        return switch operation {
        case .equal: values.contains(value)
        case .unequal: !values.contains(value)
        case .matches: values.contains { isMatch($0) == true }
        // An expression that takes too long does not match: it silences nothing.
        case .matchesNot: values.allSatisfy { isMatch($0) == false }
        case .like: values.contains { WildcardPattern.matches($0, value) }
        }
    }

    /// nil when the expression takes too long.
    private func isMatch(_ text: String) -> Bool? { try? expression?.matches(text) }
}

extension LabelMatcher: CustomStringConvertible {
    /// A form that can be parsed again; values that `init(stored:)` could misread are quoted.
    package var description: String {
        let isPlain =
            !operation.isExpression && !value.isEmpty && value.first?.isWhitespace == false
            && value.last?.isWhitespace == false && !"=~".contains(value.first ?? "=")
            && !value.contains { "\",\\".contains($0) }
        if isPlain { return "\(label)\(operation.rawValue)\(value)" }
        let escaped = value.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
        return "\(label)\(operation.rawValue)\"\(escaped)\""
    }
}

extension [LabelMatcher] {
    /// Whether all match; an empty list matches everything.
    package func matches(_ labels: [String: [String]]) -> Bool { allSatisfy { $0.matches(labels) } }

    /// Whether they match without any of their labels, and so nearly everything.
    package var fitWithoutLabels: Bool { matches([:]) }
}
