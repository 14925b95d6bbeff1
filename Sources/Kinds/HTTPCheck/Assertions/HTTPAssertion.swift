package import Base
package import Checks

/// One thing that a response must be: `SUBJECT OPERATOR VALUE` in one line.
///
/// Only the text is kept beside its parts; expressions and paths are compiled when a check needs them, and remembered
/// by the prober.
package struct HTTPAssertion: Sendable, Equatable {
    /// What of the response is looked at.
    package enum Subject: Sendable, Equatable {
        case status
        /// A field of the final response, in lower case.
        case header(String)
        /// The decoded body.
        case body
        /// What a JSONPath selects from the body.
        case json(String)
        /// How many values a JSONPath selects.
        case jsonCount(String)
        /// Nil is the whole check.
        case latency(Phase?)
        case httpVersion
        case tlsVersion
        /// Whole days until the leaf certificate ends.
        case certificateDays
        case finalURL
    }

    /// How it is judged.
    package enum Test: Sendable, Equatable {
        case exists
        case isStatus(StatusSet)
        case equals(String)
        case contains(String)
        /// A regular expression that matches somewhere.
        case matches(String)
        case compares(Comparison, Double)
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
    }

    /// As it was written, without the space around it.
    package let text: String
    package let subject: Subject
    package let test: Test
    /// Whether the opposite of the test is wanted.
    package let isNegated: Bool

    /// Reads an assertion.
    ///
    /// Throws `AssertionFault` with what is wrong, and at which character.
    package init(_ text: String) throws(AssertionFault) {
        var reader = AssertionReader(text)
        subject = try reader.subject()
        (test, isNegated) = try reader.test(of: subject)
        self.text = String(text[...].trimmingSpaces)
    }

    package static func == (left: HTTPAssertion, right: HTTPAssertion) -> Bool { left.text == right.text }

    /// The bounds of an assertion's text and of their number.
    package static let length = 1...1024
    package static let limit = 20

    /// Whether the body's text must be kept for it.
    var readsWholeBody: Bool {
        switch (subject, test) {
        case (.json, _), (.jsonCount, _): true
        case (.body, .contains): false
        case (.body, _): true
        default: false
        }
    }

    /// A text that is looked for in the body as it comes.
    var wantedText: String? {
        guard subject == .body, case .contains(let text) = test else { return nil }
        return text
    }

    var readsHeader: Bool { if case .header = subject { true } else { false } }
}

/// Why a text is no assertion.
package struct AssertionFault: Error, Sendable, Equatable, CustomStringConvertible {
    package let reason: String
    /// The character that it is about, counted from 1.
    package let place: Int
    package var description: String { "\(reason) (at character \(place))" }
}
