import Base

/// Parameters of lists.
extension Parameter {
    /// A row's id; nil when it is not given.
    static func number(_ name: String, _ description: String) -> Parameter<Int64?> where Value == Int64? {
        let location: [ValidationIssue.Step] = ["query", .key(name)]
        let read: @Sendable ([String]) throws(ValidationIssue) -> Int64? = { texts throws(ValidationIssue) in
            guard let text = texts.first else { return nil }
            var issues: [ValidationIssue] = []
            _ = Schema.string(length: 1...20).read(.string(text), at: location, into: &issues)
            if let issue = issues.first { throw issue }
            guard let number = Int64(text), number >= 0 else {
                let message = "Input should be a valid integer, unable to parse string as an integer"
                throw ValidationIssue("int_parsing", at: location, message)
            }
            return number
        }
        let specification = ParameterSpecification(
            name: name,
            place: .query,
            description: description,
            schema: .integer(0...Int64.max, example: 1),
            defaultValue: nil,
            check: { texts throws(ValidationIssue) in _ = try read(texts) },
            cannotExist: { _ in false }
        )
        return Parameter<Int64?>(specification: specification, read: read)
    }

    /// Texts that may be given several times, such as `tag=a&tag=b`; empty when none is given.
    static func repeated(
        _ name: String,
        _ element: Schema,
        maximumCount: Int,
        _ description: String
    ) -> Parameter<[String]> where Value == [String] {
        let location: [ValidationIssue.Step] = ["query", .key(name)]
        let read: @Sendable ([String]) throws(ValidationIssue) -> [String] = { texts throws(ValidationIssue) in
            guard texts.count <= maximumCount else {
                throw .value("the parameter may be given \(maximumCount) times at most", at: location)
            }
            var issues: [ValidationIssue] = []
            for text in texts { _ = element.read(.string(text), at: location, into: &issues) }
            if let issue = issues.first { throw issue }
            return texts
        }
        let specification = ParameterSpecification(
            name: name,
            place: .query,
            description: description,
            schema: .array(element, maximumCount: maximumCount),
            defaultValue: nil,
            isRepeatable: true,
            check: { texts throws(ValidationIssue) in _ = try read(texts) },
            cannotExist: { _ in false }
        )
        return Parameter<[String]>(specification: specification, read: read)
    }

    /// An instant; nil when it is not given.
    static func time(_ name: String, _ description: String) -> Parameter<Timestamp?> where Value == Timestamp? {
        .optional(name, .string(length: 1...64, format: "date-time"), description) { text throws(Schema.TextError) in
            guard let time = Timestamp(apiText: text) else { throw .unparsableTime }
            return time
        }
    }

    /// A value of an enumeration; nil when it is not given.
    static func choice<Word>(_ name: String, _ description: String) -> Parameter<Word?>
    where Value == Word?, Word: CaseIterable & RawRepresentable & Sendable, Word.RawValue == String {
        let words = Word.allCases.map(\.rawValue)
        return .optional(name, .oneOf(words), description) { text throws(Schema.TextError) in
            guard let word = Word(rawValue: text) else { throw Schema.TextError("it is none of the words") }
            return word
        }
    }
}
