/// What kind of value a name of a template stands for.
package indirect enum TemplateType: Sendable, Equatable {
    case text
    /// A text that is always one of these.
    case word([String])
    case number
    case flag
    case time
    case duration
    case list(TemplateType)
    case record([String: TemplateType])

    /// Whether the value can stand in the middle of a text.
    var isText: Bool {
        switch self {
        case .list, .record: false
        case .text, .word, .number, .flag, .time, .duration: true
        }
    }

    /// For errors, with its article.
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
