package import Base
package import Checks
import Patterns

/// One condition on a response: `SUBJECT OPERATOR VALUE` in one line.
///
/// Holds the text and its parsed parts; expressions and paths are compiled when a check needs them, and cached by the
/// prober.
package struct HTTPAssertion: Sendable, Equatable {
    /// The part of the response that is checked.
    package enum Subject: Sendable, Equatable {
        case status
        /// A field of the final response, in lower case.
        case header(String)
        /// The decoded body.
        case body
        /// The value that a JSONPath selects from the body.
        case json(String)
        /// The number of values that a JSONPath selects.
        case jsonCount(String)
        /// The latency of a phase; nil for the whole check.
        case latency(Phase?)
        case httpVersion
        case tlsVersion
        /// Whole days until the leaf certificate ends.
        case certificateDays
        case finalURL
    }

    /// How the part is checked.
    package enum Test: Sendable, Equatable {
        case exists
        case isStatus(StatusSet)
        case equals(String)
        case contains(String)
        /// A regular expression that must match somewhere.
        case matches(String)
        case compares(Comparison, Double)
        /// The order of JSON numbers, without rounding integers to doubles.
        case ordersJSON(Comparison, JSONValue)
        case isJSON(JSONValue)
    }

    package enum Comparison: String, Sendable, CaseIterable {
        case less = "<"
        case atMost = "<="
        case equal = "=="
        case unequal = "!="
        case atLeast = ">="
        case more = ">"

        func holds(_ left: Double, _ right: Double) -> Bool {
            switch self {
            case .less: left < right
            case .atMost: left <= right
            case .equal: left == right
            case .unequal: left != right
            case .atLeast: left >= right
            case .more: left > right
            }
        }

        /// Compares exactly; false unless both are numbers.
        func holds(_ left: JSONValue, _ right: JSONValue) -> Bool {
            guard left.doubleValue != nil, right.doubleValue != nil else { return false }
            return switch self {
            case .less: JSONPath.isLess(left, right)
            case .atMost: !JSONPath.isLess(right, left)
            case .equal: JSONPath.areEqual(left, right)
            case .unequal: !JSONPath.areEqual(left, right)
            case .atLeast: !JSONPath.isLess(left, right)
            case .more: JSONPath.isLess(right, left)
            }
        }
    }

    /// As written, without surrounding white space.
    package let text: String
    package let subject: Subject
    package let test: Test
    /// Whether the test is negated.
    package let isNegated: Bool

    /// The JSONPath of an assertion on JSON.
    var path: String? {
        switch subject {
        case .json(let path), .jsonCount(let path): path
        default: nil
        }
    }

    /// Parses an assertion.
    ///
    /// Throws `AssertionError` with the error and its character.
    package init(_ text: String) throws(AssertionError) {
        var reader = AssertionReader(text)
        subject = try reader.subject()
        (test, isNegated) = try reader.test(of: subject)
        self.text = String(text[...].trimmingSpaces)
    }

    package static func == (left: HTTPAssertion, right: HTTPAssertion) -> Bool { left.text == right.text }

    /// The limits of an assertion's length and of their number.
    package static let length = 1...1024
    package static let limit = 20

    /// Whether it needs the whole text of the body.
    var readsWholeBody: Bool {
        switch (subject, test) {
        case (.json, _), (.jsonCount, _): true
        case (.body, .contains): false
        case (.body, _): true
        default: false
        }
    }

    /// A text that is searched in the body while it arrives.
    var wantedText: String? {
        guard subject == .body, case .contains(let text) = test else { return nil }
        return text
    }

    var readsHeader: Bool { if case .header = subject { true } else { false } }
}

/// Why a text is not an assertion.
package struct AssertionError: Error, Sendable, Equatable, CustomStringConvertible {
    package let reason: String
    /// The position of the error in characters, from 1.
    package let place: Int
    package var description: String { "\(reason) (at character \(place))" }
}
