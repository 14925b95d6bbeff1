extension Schema {
    /// An instant in a body.
    package static let givenTime = string(length: 1...64, format: "date-time", example: "2026-11-20T05:09:37Z") {
        text in
        Timestamp(apiText: text) == nil ? .unparsableTime : nil
    }
}

extension Schema {
    /// An instant in a body: a date and time with an offset, or in UTC, of any year.
    package static let zonedTime = string(length: 1...50, format: "date-time", example: "2026-11-20T05:00:00Z") {
        text in
        Timestamp(iso8601: text) == nil
            ? .init("Write an instant in ISO 8601, such as 2026-11-20T05:00:00Z or 2026-11-20T06:00:00+01:00") : nil
    }
}

extension Schema.TextError {
    package static let unparsableTime = Schema.TextError(
        type: "datetime_parsing",
        message: "Input should be a valid datetime: write it as 2026-11-20T05:09:37Z"
    )
}

extension Timestamp {
    /// From 1970 on.
    package init?(apiText text: String) {
        guard let time = Timestamp(iso8601: text), time.milliseconds >= 0 else { return nil }
        self = time
    }
}

extension JSONValue {
    /// A text, null for none.
    package static func text(_ value: String?) -> JSONValue { value.map { .string($0) } ?? .null }
    /// An instant as its text, null for none.
    package static func time(_ value: Timestamp?) -> JSONValue { .text(value?.description) }
}
