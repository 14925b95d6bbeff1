import Base

/// Parameters of lists.
extension Parameter {
    /// A row's number; nil when it is not given.
    static func number(_ name: String, _ description: String) -> Parameter<Int64?> where Value == Int64? {
        .optional(name, .string(length: 1...20), description) { text throws(Schema.TextFault) in
            guard let number = Int64(text), number >= 0 else {
                let message = "Input should be a valid integer, unable to parse string as an integer"
                throw Schema.TextFault(type: "int_parsing", message: message)
            }
            return number
        }
    }

    /// An instant; nil when it is not given.
    static func time(_ name: String, _ description: String) -> Parameter<Timestamp?> where Value == Timestamp? {
        .optional(name, .string(length: 1...64, format: "date-time"), description) { text throws(Schema.TextFault) in
            guard let time = Timestamp(apiText: text) else { throw .unparsableTime }
            return time
        }
    }

    /// One of an enumeration's words; nil when it is not given.
    static func choice<Word>(_ name: String, _ description: String) -> Parameter<Word?>
    where Value == Word?, Word: CaseIterable & RawRepresentable & Sendable, Word.RawValue == String {
        let words = Word.allCases.map(\.rawValue)
        return .optional(name, .oneOf(words), description) { text throws(Schema.TextFault) in
            guard let word = Word(rawValue: text) else { throw Schema.TextFault("it is none of the words") }
            return word
        }
    }
}

extension Schema {
    /// An instant in a body.
    static let givenTime = string(length: 1...64, format: "date-time", example: "2026-11-20T05:09:37Z") { text in
        Timestamp(apiText: text) == nil ? .unparsableTime : nil
    }
}

extension Schema.TextFault {
    static let unparsableTime = Schema.TextFault(
        type: "datetime_parsing",
        message: "Input should be a valid datetime: write it as 2026-11-20T05:09:37Z"
    )
}

extension Timestamp {
    /// From 1970 on.
    init?(apiText text: String) {
        guard let time = Timestamp(iso8601: text), time.milliseconds >= 0 else { return nil }
        self = time
    }
}
