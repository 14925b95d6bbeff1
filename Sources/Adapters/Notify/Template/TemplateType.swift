/// The type of a name in a template.
package indirect enum TemplateType: Sendable, Equatable {
    case text
    /// A text that is always one of these words.
    case word([String])
    case number
    case flag
    case time
    case duration
    case list(TemplateType)
    case record([String: TemplateType])

    /// Whether the value can be inserted into a text.
    var isText: Bool {
        switch self {
        case .list, .record: false
        case .text, .word, .number, .flag, .time, .duration: true
        }
    }

    /// For error messages, with an article.
    var name: String {
        switch self {
        case .text, .word: "a text"
        case .number: "a number"
        case .flag: "true or false"
        case .time: "a time"
        case .duration: "a length of time"
        case .list: "a list"
        case .record: "a record"
        }
    }
}

/// The names that a template may use, with their types.
package typealias TemplateScope = [String: TemplateType]
