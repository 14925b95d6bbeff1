extension Schema {
    /// How many errors of one request are reported.
    package static let maximumIssues = 100

    /// Checks a value and normalizes it (`60.0` where an integer is expected becomes 60).
    ///
    /// Appends every error to `issues` and returns nil when there was one.
    package func read(
        _ value: JSONValue,
        at location: [ValidationIssue.Step],
        into issues: inout [ValidationIssue]
    ) -> JSONValue? {
        guard issues.count < Self.maximumIssues else { return nil }
        if isNullable, value == .null { return value }
        do throws(ValidationIssue) {
            switch kind {
            case .any: return value
            case .boolean: return try Self.boolean(value, location)
            case .integer(let range): return .integer(try Self.integer(value, range, location))
            case .number(let range): return .number(try Self.number(value, range, location))
            case .string(let text): return .string(try text.check(value, location))
            case .array(let element, let least, let limit):
                return try Self.array(value, element, least, limit, location, &issues)
            case .object(let fields): return try Self.object(value, fields, location, &issues)
            case .map(let names, let element, let limit):
                return try Self.map(value, names, element, limit, location, &issues)
            case .either(let first, let second):
                return Self.either(value, first, second, location, &issues)
            case .tagged(let member, let schemas, let standard):
                return try Self.tagged(value, member, schemas, standard, location, &issues)
            case .open:
                _ = try Self.members(of: value, location)
                return value
            }
        } catch {
            issues.append(error)
            return nil
        }
    }

    private static func boolean(
        _ value: JSONValue,
        _ location: [ValidationIssue.Step]
    ) throws(ValidationIssue) -> JSONValue {
        switch value {
        case .bool: return value
        case .string, .integer, .number:
            let message = "Input should be a valid boolean, unable to interpret input: write true or false"
            throw ValidationIssue("bool_parsing", at: location, message)
        default: throw ValidationIssue("bool_type", at: location, "Input should be a valid boolean")
        }
    }

    private static func integer(
        _ value: JSONValue,
        _ range: ClosedRange<Int64>?,
        _ location: [ValidationIssue.Step]
    ) throws(ValidationIssue) -> Int64 {
        let integer: Int64
        switch value {
        case .integer(let number): integer = number
        case .number(let number):
            guard number == number.rounded() else {
                let message = "Input should be a valid integer, got a number with a fractional part"
                throw ValidationIssue("int_from_float", at: location, message)
            }
            guard let exact = Int64(exactly: number) else {
                throw outOfRange(number < 0, range, location)
            }
            integer = exact
        case .string:
            let message = "Input should be a valid integer, a string is not read as one"
            throw ValidationIssue("int_parsing", at: location, message)
        default: throw ValidationIssue("int_type", at: location, "Input should be a valid integer")
        }
        if let range, !range.contains(integer) { throw outOfRange(integer < range.lowerBound, range, location) }
        return integer
    }

    private static func outOfRange(
        _ isLow: Bool,
        _ range: ClosedRange<Int64>?,
        _ location: [ValidationIssue.Step]
    ) -> ValidationIssue {
        let range = range ?? Int64.min...Int64.max
        return isLow ? .tooSmall("\(range.lowerBound)", location) : .tooLarge("\(range.upperBound)", location)
    }

    private static func number(
        _ value: JSONValue,
        _ range: ClosedRange<Double>?,
        _ location: [ValidationIssue.Step]
    ) throws(ValidationIssue) -> Double {
        guard let number = value.doubleValue else {
            guard case .string = value else {
                throw ValidationIssue("float_type", at: location, "Input should be a valid number")
            }
            let message = "Input should be a valid number, a string is not read as one"
            throw ValidationIssue("float_parsing", at: location, message)
        }
        guard let range, !range.contains(number) else { return number }
        throw number < range.lowerBound
            ? .tooSmall(Self.text(range.lowerBound), location) : .tooLarge(Self.text(range.upperBound), location)
    }

    /// A bound without a needless point.
    private static func text(_ bound: Double) -> String { JSONValue.number(bound).description }
}

extension ValidationIssue {
    package static func tooSmall(_ bound: String, _ location: [Step]) -> ValidationIssue {
        ValidationIssue("greater_than_equal", at: location, "Input should be greater than or equal to \(bound)")
    }
    package static func tooLarge(_ bound: String, _ location: [Step]) -> ValidationIssue {
        ValidationIssue("less_than_equal", at: location, "Input should be less than or equal to \(bound)")
    }
}

extension Schema.Text {
    func check(_ value: JSONValue, _ location: [ValidationIssue.Step]) throws(ValidationIssue) -> String {
        guard case .string(let text) = value else {
            throw ValidationIssue("string_type", at: location, "Input should be a valid string")
        }
        if let words, !words.contains(text) {
            let list = words.map { "'\($0)'" }
            let most = list.dropLast().joined(separator: ", ")
            let message =
                list.count > 1 ? "Input should be \(most) or \(list[list.count - 1])" : "Input should be \(list[0])"
            throw ValidationIssue("literal_error", at: location, message)
        }
        if let length {
            let count = text.unicodeScalars.count
            if count < length.lowerBound {
                let message = "String should have at least \(Self.characters(length.lowerBound))"
                throw ValidationIssue("string_too_short", at: location, message)
            }
            if count > length.upperBound {
                let message = "String should have at most \(Self.characters(length.upperBound))"
                throw ValidationIssue("string_too_long", at: location, message)
            }
        }
        if let fault = rule?(text) { throw ValidationIssue(fault.type, at: location, fault.message) }
        return text
    }

    private static func characters(_ count: Int) -> String { count == 1 ? "1 character" : "\(count) characters" }
}
