package import Base
import Checks
import Patterns

/// The validation of assertions in settings: an accepted assertion can be evaluated.
package enum AssertionRules {
    package static func fault(_ text: String) -> Schema.TextError? {
        do throws(AssertionError) {
            return fault(in: try HTTPAssertion(text))
        } catch {
            return Schema.TextError("\(error)")
        }
    }

    /// A path that is valid and yet a mistake: RFC 9535 accepts an expression of `match` that is none, and matches nothing.
    ///
    /// No part of `fault`, so that what was stored before can be read.
    static func conflict(in assertion: HTTPAssertion) -> FieldError? {
        guard let path = assertion.path, let flaw = (try? JSONPath(path))?.flaws.first else { return nil }
        return FieldError(field: "assertions", reason: "hold the JSONPath \(path.prefix(80)): \(flaw)")
    }

    /// An error inside an expression or a path is reported with its byte inside it.
    private static func fault(in assertion: HTTPAssertion) -> Schema.TextError? {
        if case .matches(let pattern) = assertion.test {
            do throws(PatternError) { _ = try RegularExpression(pattern) } catch {
                return Schema.TextError("the regular expression \(pattern.prefix(80)): \(error)")
            }
        }
        switch assertion.subject {
        case .json(let path), .jsonCount(let path):
            do throws(JSONPathError) { _ = try JSONPath(path) } catch {
                return Schema.TextError("the JSONPath \(path.prefix(80)): \(error)")
            }
        default: break
        }
        return nil
    }
}

/// The compiled expressions and paths of one prober's assertions.
///
/// Not Sendable: confined to its loop.
final class AssertionCache {
    private var patterns: [ExactText: RegularExpression] = [:]
    private var paths: [ExactText: JSONPath] = [:]
    private static let limit = 1000

    func pattern(_ source: String) throws(PatternError) -> RegularExpression {
        if let known = patterns[ExactText(source)] { return known }
        let made = try RegularExpression(source)
        // Rare, and cheaper than tracking which was used last.
        if patterns.count >= Self.limit { patterns.removeAll() }
        patterns[ExactText(source)] = made
        return made
    }

    func path(_ source: String) throws(JSONPathError) -> JSONPath {
        if let known = paths[ExactText(source)] { return known }
        let made = try JSONPath(source)
        if paths.count >= Self.limit { paths.removeAll() }
        paths[ExactText(source)] = made
        return made
    }
}
