package import Base

/// One value in the path or query of a request: how it is read and described.
package struct Parameter<Value: Sendable>: Sendable {
    package let specification: ParameterSpecification
    /// Takes all texts that were given for it; none means that the parameter is missing.
    let read: @Sendable ([String]) throws(ValidationIssue) -> Value

    var name: String { specification.name }
}

/// A parameter without its type, for the OpenAPI document.
package struct ParameterSpecification: Sendable {
    /// Where a parameter is.
    package enum Place: String, Sendable { case path, query }

    package let name: String
    package let place: Place
    package let description: String
    package let schema: Schema
    package let defaultValue: JSONValue?
    /// Whether it may be given more than once.
    var isRepeatable = false
    /// Reads the texts only to validate them.
    let check: @Sendable ([String]) throws(ValidationIssue) -> Void
    /// Whether a path value cannot identify anything: the request is answered with 404 then.
    let cannotExist: @Sendable (String) -> Bool

    var location: [ValidationIssue.Step] { [.key(place.rawValue), .key(name)] }
}

extension Parameter {
    fileprivate init(
        _ name: String,
        _ place: ParameterSpecification.Place,
        _ schema: Schema,
        default value: JSONValue? = nil,
        _ description: String,
        cannotExist: @escaping @Sendable (String) -> Bool = { _ in false },
        read: @escaping @Sendable (String?) throws(ValidationIssue) -> Value
    ) {
        self.read = { texts throws(ValidationIssue) in try read(texts.first) }
        specification = ParameterSpecification(
            name: name,
            place: place,
            description: description,
            schema: schema,
            defaultValue: value,
            check: { texts throws(ValidationIssue) in _ = try read(texts.first) },
            cannotExist: cannotExist
        )
    }
}

extension Parameter where Value == Int64 {
    /// A positive id in the path; a number that no row can have gives 404, any other text is an error.
    ///
    /// `isOuter` says that `missing` is about the object with this id; otherwise the handler decides. With
    /// `refusesWords`, other text gives 404 too.
    package static func id(
        _ name: String,
        _ description: String,
        isOuter: Bool = true,
        refusesWords: Bool = false
    ) -> Parameter<Int64> {
        let location: [ValidationIssue.Step] = ["path", .key(name)]
        return Parameter<Int64>(
            name,
            .path,
            .integer(1...Int64.max, example: 1),
            description,
            cannotExist: { isInteger($0) ? isOuter && (Int64($0) ?? 0) < 1 : refusesWords },
            read: { text throws(ValidationIssue) in
                let text = text ?? ""
                if let id = Int64(text) { return id }
                // An integer that is greater than any row's id.
                guard !isOuter, isInteger(text) else { throw .unparsableInteger(location) }
                return 0
            }
        )
    }
}

extension Parameter where Value == String {
    /// A word in the path.
    package static func word(_ name: String, _ description: String, example: String) -> Parameter<String> {
        Parameter<String>(name, .path, .string(example: example), description) { text in text ?? "" }
    }
}

extension Parameter where Value == Int {
    /// An integer in the query.
    package static func integer(
        _ name: String,
        _ range: ClosedRange<Int64>,
        default value: Int64,
        _ description: String
    ) -> Parameter<Int> {
        let location: [ValidationIssue.Step] = ["query", .key(name)]
        let schema = Schema.integer(range)
        return Parameter<Int>(name, .query, schema, default: .integer(value), description) {
            text throws(ValidationIssue) in
            guard let text else { return Int(value) }
            guard isInteger(text) else { throw .unparsableInteger(location) }
            guard let number = Int64(text), number <= range.upperBound else {
                throw text.hasPrefix("-")
                    ? .tooSmall("\(range.lowerBound)", location) : .tooLarge("\(range.upperBound)", location)
            }
            guard number >= range.lowerBound else { throw .tooSmall("\(range.lowerBound)", location) }
            return Int(number)
        }
    }
}

extension Parameter {
    /// An optional value in the query, read by a function that throws when it is invalid.
    ///
    /// `read` throws `Schema.TextError` with the reason, which becomes a validation error of the parameter.
    package static func optional<Wrapped: Sendable>(
        _ name: String,
        _ schema: Schema,
        _ description: String,
        read: @escaping @Sendable (String) throws(Schema.TextError) -> Wrapped
    ) -> Parameter<Wrapped?> where Value == Wrapped? {
        let location: [ValidationIssue.Step] = ["query", .key(name)]
        return Parameter<Wrapped?>(name, .query, schema, description) { text throws(ValidationIssue) in
            guard let text else { return nil }
            var issues: [ValidationIssue] = []
            _ = schema.read(.string(text), at: location, into: &issues)
            if let issue = issues.first { throw issue }
            do throws(Schema.TextError) {
                return try read(text)
            } catch {
                throw ValidationIssue(error.type, at: location, error.message)
            }
        }
    }
}

extension Schema.TextError: Error {}

extension ValidationIssue {
    fileprivate static func unparsableInteger(_ location: [Step]) -> ValidationIssue {
        let message = "Input should be a valid integer, unable to parse string as an integer"
        return ValidationIssue("int_parsing", at: location, message)
    }
}

/// Whether a text is an integer of any size.
private func isInteger(_ text: String) -> Bool {
    let digits = text.utf8.first == UInt8(ascii: "-") ? Substring(text).dropFirst() : Substring(text)
    return !digits.isEmpty && digits.utf8.allSatisfy { $0 &- 48 <= 9 }
}
