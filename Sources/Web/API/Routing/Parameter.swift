package import Base

/// One value in the path or the query of a request: how to read it and how to describe it.
package struct Parameter<Value: Sendable>: Sendable {
    package let specification: ParameterSpecification
    /// Takes every text that was given for it; none means that the parameter is not there.
    let read: @Sendable ([String]) throws(ValidationIssue) -> Value

    var name: String { specification.name }
}

/// A parameter without its type, as the document needs it.
package struct ParameterSpecification: Sendable {
    /// Where a parameter stands.
    package enum Place: String, Sendable { case path, query }

    package let name: String
    package let place: Place
    package let description: String
    package let schema: Schema
    package let defaultValue: JSONValue?
    /// Whether it may be given more than once.
    var isRepeatable = false
    /// Reads the texts only to see whether they are right.
    let check: @Sendable ([String]) throws(ValidationIssue) -> Void
    /// The value cannot name anything: the request is answered with 404.
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
    /// A positive number in the path; one that no row can have is "not found", other text is a fault.
    ///
    /// `isOuter` says that the path's missing thing is what this number names; an inner one is left to the handler.
    /// `refusesWords` has other text answered like what is missing too.
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
                // Whole, and beyond what any row can have.
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
    /// A number in the query.
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
    /// A value in the query that may be missing, read by a function that says why it cannot.
    ///
    /// `read` throws `Schema.TextFault` with the reason; it is an issue of the request then, at the parameter.
    package static func optional<Wrapped: Sendable>(
        _ name: String,
        _ schema: Schema,
        _ description: String,
        read: @escaping @Sendable (String) throws(Schema.TextFault) -> Wrapped
    ) -> Parameter<Wrapped?> where Value == Wrapped? {
        let location: [ValidationIssue.Step] = ["query", .key(name)]
        return Parameter<Wrapped?>(name, .query, schema, description) { text throws(ValidationIssue) in
            guard let text else { return nil }
            var issues: [ValidationIssue] = []
            _ = schema.read(.string(text), at: location, into: &issues)
            if let issue = issues.first { throw issue }
            do throws(Schema.TextFault) {
                return try read(text)
            } catch {
                throw ValidationIssue(error.type, at: location, error.message)
            }
        }
    }
}

extension Schema.TextFault: Error {}

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
