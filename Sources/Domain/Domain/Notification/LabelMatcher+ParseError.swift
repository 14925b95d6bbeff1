extension LabelMatcher {
    /// Why a text is not a valid matcher.
    package enum ParseError: Error, Sendable, Equatable, CustomStringConvertible {
        case noOperation
        /// `==`: has the matcher that was probably meant.
        case doubled(String)
        /// No value after the operator: has the matcher with an empty value.
        case noValue(String)
        case unknownLabel(String)
        /// A label with fixed values has no such value.
        case unknownValue(label: String, value: String, known: [String])
        /// A label whose values are numbers.
        case noNumber(label: String, value: String)
        /// Text after the closing quote, a quote in the middle, or a missing closing quote.
        case quotes
        /// The text after a comma is not a matcher.
        case comma(String)
        case expression(String, String)
        /// More than one matcher where one is expected.
        case several
        case tooLong
        case controlCharacter

        package var description: String {
            switch self {
            case .noOperation: "a matcher is a label, one of = != =~ !~ ~, and a value, such as tag=shop"
            case .doubled(let meant): "it is written with one sign: \(meant)"
            case .noValue(let meant): "it has no value; if the empty one is meant, write \(meant)"
            case .unknownLabel(let name):
                "there is no label '\(name.prefix(50))'; labels are \(LabelMatcher.labels.joined(separator: ", "))"
            case .unknownValue(let label, let value, let known):
                "there is no \(label) '\(value.prefix(50))'; there are \(known.joined(separator: ", "))"
            case .noNumber(let label, let value): "\(label) is a number, which '\(value.prefix(50))' is not"
            case .quotes: #"a value with quotes stands in quotes as a whole, such as name="the \"best\" shop""#
            case .comma(let value):
                "behind a comma the next matcher stands; a value with a comma stands in quotes: \"\(value.prefix(100))\""
            case .expression(let text, let reason):
                "'\(text.prefix(100))' is no regular expression: \(reason); for patterns with * and ? there is ~"
            case .several: "one matcher is wanted here"
            case .tooLong: "a matcher has at most \(LabelMatcher.maximumLength) characters"
            case .controlCharacter: "a matcher has no control characters, such as line breaks"
            }
        }
    }

    /// The longest text in characters.
    package static let maximumLength = 256
}
