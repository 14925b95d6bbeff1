import Base

extension JSONPathParser {
    /// A logical expression: `||` binds weaker than `&&`, `&&` weaker than `!`.
    mutating func condition() throws(JSONPathError) -> JSONPathCondition {
        try enter()
        defer { depth -= 1 }
        var parts = [try conjunction()]
        while takeAfterSpace("||") { parts.append(try conjunction()) }
        return parts.count == 1 ? parts[0] : .any(parts)
    }

    private mutating func conjunction() throws(JSONPathError) -> JSONPathCondition {
        skipSpace()
        var parts = [try basic()]
        while takeAfterSpace("&&") {
            skipSpace()
            parts.append(try basic())
        }
        return parts.count == 1 ? parts[0] : .all(parts)
    }

    private mutating func basic() throws(JSONPathError) -> JSONPathCondition {
        if take("!") {
            skipSpace()
            if current == UInt8(ascii: "(") { return .not(try parenthesized()) }
            let start = position
            guard let test = try term().test else { throw error("expected a query or a logical function", at: start) }
            return .not(test)
        }
        if current == UInt8(ascii: "(") { return try parenthesized() }
        let start = position
        let left = try term()
        let end = position
        skipSpace()
        guard let comparison = comparison() else {
            position = end
            guard let test = left.test else { throw error("expected a comparison", at: end) }
            return test
        }
        guard let first = left.operand else {
            throw error("only a literal, a singular query or a function that yields a value is compared", at: start)
        }
        skipSpace()
        let place = position
        guard let second = try term().operand else {
            throw error("only a literal, a singular query or a function that yields a value is compared", at: place)
        }
        return .comparison(first, comparison, second)
    }

    private mutating func parenthesized() throws(JSONPathError) -> JSONPathCondition {
        position += 1
        let inner = try condition()
        skipSpace()
        guard take(")") else { throw error("expected ')'") }
        return inner
    }

    private mutating func comparison() -> JSONPathComparison? {
        for text in ["==", "!=", "<=", ">=", "<", ">"] where take(text) { return JSONPathComparison(rawValue: text) }
        return nil
    }

    private mutating func takeAfterSpace(_ text: String) -> Bool {
        let start = position
        skipSpace()
        if take(text) { return true }
        position = start
        return false
    }

    /// A literal, a query or a function call.
    mutating func term() throws(JSONPathError) -> JSONPathTerm {
        switch current {
        case UInt8(ascii: "'"), UInt8(ascii: "\""): return .value(.literal(.string(try string())))
        case UInt8(ascii: "-"), (UInt8(ascii: "0")...UInt8(ascii: "9"))?: return .value(.literal(try number()))
        case UInt8(ascii: "$"), UInt8(ascii: "@"):
            try enter()
            defer { depth -= 1 }
            var query = JSONPathQuery(isAbsolute: current == UInt8(ascii: "$"))
            position += 1
            query.segments = try segments()
            return .query(query)
        case (UInt8(ascii: "a")...UInt8(ascii: "z"))?: return try wordOrCall()
        default: throw error("expected a literal, a query or a function")
        }
    }

    private mutating func wordOrCall() throws(JSONPathError) -> JSONPathTerm {
        let start = position
        while let byte = current, Self.isDigit(byte) || byte == UInt8(ascii: "_") || (97...122).contains(byte) {
            position += 1
        }
        let word = String(decoding: bytes[start..<position], as: UTF8.self)
        guard take("(") else {
            switch word {
            case "true": return .value(.literal(.bool(true)))
            case "false": return .value(.literal(.bool(false)))
            case "null": return .value(.literal(.null))
            default: throw error("unknown word '\(word)'", at: start)
            }
        }
        try enter()
        defer { depth -= 1 }
        var arguments: [JSONPathTerm] = []
        var places: [Int] = []
        skipSpace()
        if !take(")") {
            repeat {
                skipSpace()
                places.append(position)
                arguments.append(try term())
                skipSpace()
            } while take(",")
            guard take(")") else { throw error("expected ',' or ')'") }
        }
        return try call(word, arguments, start, places)
    }

    private mutating func call(
        _ name: String,
        _ arguments: [JSONPathTerm],
        _ start: Int,
        _ places: [Int]
    ) throws(JSONPathError) -> JSONPathTerm {
        let wanted = ["length": 1, "count": 1, "value": 1, "match": 2, "search": 2][name]
        guard let wanted else { throw error("unknown function '\(name)'", at: start) }
        guard arguments.count == wanted else {
            throw error(
                "'\(name)' takes \(wanted) argument\(wanted == 1 ? "" : "s"), not \(arguments.count)",
                at: start
            )
        }
        if name == "count" || name == "value" {
            guard case .query(let query) = arguments[0] else { throw error("'\(name)' takes a query", at: start) }
            return .value(name == "count" ? .count(query) : .query(query))
        }
        guard let first = arguments[0].operand else { throw error("'\(name)' takes a value", at: start) }
        if name == "length" { return .value(.length(first)) }
        guard let second = arguments[1].operand else { throw error("'\(name)' takes a value", at: start) }
        let isWhole = name == "match"
        var expression = JSONPathExpression.computed(second)
        if case .literal(let literal) = second {
            expression = .compiled(compiled(literal, isWhole, places[1]))
        }
        return .logical(.matches(first, expression, isWhole: isWhole))
    }

    /// An expression that stands in the path; nil and a flaw when it is none, which matches nothing.
    private mutating func compiled(_ literal: JSONValue, _ isWhole: Bool, _ place: Int) -> RegularExpression? {
        guard let text = literal.stringValue else {
            flaws.append(error("only a text is a regular expression", at: place))
            return nil
        }
        do {
            return try IRegexp.compile(text, isWhole: isWhole)
        } catch {
            let reason = "no regular expression by RFC 9485: \(error.reason), at its character \(error.place)"
            flaws.append(self.error(reason, at: place))
            return nil
        }
    }
}

/// A part of a filter before its use is known: the types of RFC 9535, section 2.4.1.
enum JSONPathTerm {
    case value(JSONPathOperand)
    case query(JSONPathQuery)
    case logical(JSONPathCondition)

    /// The term where a value is expected; nil when it is not well-typed there.
    var operand: JSONPathOperand? {
        switch self {
        case .value(let operand): operand
        case .query(let query): query.isSingular ? .query(query) : nil
        case .logical: nil
        }
    }

    /// The term where a logical value is expected; nil when it is not well-typed there.
    var test: JSONPathCondition? {
        switch self {
        case .value: nil
        case .query(let query): .exists(query)
        case .logical(let condition): condition
        }
    }
}
