import Base

/// A step that changes a value before it is inserted.
enum TemplateFilter: Sendable, Equatable {
    case escape(Escape)
    /// Turns the template's own escape off.
    case raw
    /// UTF-16 units.
    case truncate(Int)
    case upper, lower
    /// The text for a missing or empty value.
    case fallback(String)
    case time
    case duration
    /// Adds a duration to a time.
    case plus(Duration)
    case join(String)

    /// A literal between a filter's brackets.
    enum Argument: Sendable, Equatable {
        case text(String)
        case number(Int64)
    }

    static let names = [
        "html", "slack", "markdown", "markdownv2", "json", "urlencode", "line", "raw", "truncate", "upper", "lower",
        "default", "time", "duration", "plus", "join",
    ]

    /// Why a filter cannot be used, in words.
    struct ArgumentError: Error { let reason: String }

    init(_ name: String, _ argument: Argument?) throws(ArgumentError) {
        switch (name, argument) {
        case ("raw", nil): self = .raw
        case ("upper", nil): self = .upper
        case ("lower", nil): self = .lower
        case ("time", nil): self = .time
        case ("duration", nil): self = .duration
        case ("truncate", .number(let count)?):
            guard (1...100_000).contains(count) else { throw ArgumentError(reason: "truncate takes 1 to 100000") }
            self = .truncate(Int(count))
        case ("default", .text(let text)?): self = .fallback(text)
        case ("join", .text(let text)?): self = .join(text)
        case ("plus", .text(let text)?):
            guard let length = Duration(text: text) else {
                throw ArgumentError(reason: "plus takes a length such as \"7d\"")
            }
            self = .plus(length)
        case ("plus", _): throw ArgumentError(reason: "plus needs a length in brackets: plus(\"7d\")")
        case ("truncate", _): throw ArgumentError(reason: "truncate needs a number in brackets: truncate(80)")
        case ("default", _), ("join", _):
            throw ArgumentError(reason: "\(name) needs a text in brackets: \(name)(\"…\")")
        default:
            guard Self.names.contains(name), let escape = Escape(rawValue: name) else {
                guard !Self.names.contains(name) else {
                    throw ArgumentError(reason: "\(name) takes nothing in brackets")
                }
                let hint = unknown("filter", name, among: Self.names)
                throw ArgumentError(reason: hint)
            }
            guard argument == nil else { throw ArgumentError(reason: "\(name) takes nothing in brackets") }
            self = .escape(escape)
        }
    }

    /// The type of the filter's result.
    func type(of input: TemplateType) throws(ArgumentError) -> TemplateType {
        switch (self, input) {
        case (.escape(.json), _): return .text
        case (.join, .list(let element)):
            guard element.isText else { throw ArgumentError(reason: "join needs a list of texts") }
            return .text
        case (.join, _): throw ArgumentError(reason: "join needs a list, this is \(input.name)")
        case (.plus, .time): return .time
        case (.time, .time): return .text
        case (.plus, _): throw ArgumentError(reason: "plus needs a time, this is \(input.name)")
        case (.time, _): throw ArgumentError(reason: "time needs a time, this is \(input.name)")
        case (.duration, .duration), (.duration, .number): return .text
        case (.duration, _): throw ArgumentError(reason: "duration needs a length of time, this is \(input.name)")
        case (.raw, _) where input.isText: return input
        default:
            guard input.isText else { throw ArgumentError(reason: "\(input.name) cannot be used as a text") }
            return .text
        }
    }

    func apply(_ value: TemplateValue) -> TemplateValue {
        switch self {
        case .raw: return value
        case .escape(.json): return .text(value.json.description)
        case .escape(let escape): return .text(escape.apply(value.plainText))
        case .truncate(let count): return .text(value.plainText.truncated(count))
        case .upper: return .text(value.plainText.uppercased())
        case .lower: return .text(value.plainText.lowercased())
        case .fallback(let text):
            let plain = value.plainText
            return .text(plain.isEmpty ? text : plain)
        case .time:
            if case .time(let time) = value { return .text(time.words) }
            return .none
        case .plus(let length):
            if case .time(let time) = value { return .time(time + length) }
            return .none
        case .duration:
            if case .number(let seconds) = value { return .text(Duration.seconds(seconds).words) }
            return .text(value.plainText)
        case .join(let separator):
            guard case .list(let elements) = value else { return .none }
            return .text(elements.map(\.plainText).joined(separator: separator))
        }
    }
}
