import Base

extension JSONPathEvaluator {
    /// Whether a condition holds at a node; throws `.limit` or `.expression`.
    ///
    /// The parser limits how deep conditions nest.
    mutating func holds(_ condition: JSONPathCondition, at node: JSONPathNode) throws(JSONPathError) -> Bool {
        try visit()
        switch condition {
        case .any(let parts):
            for part in parts where try holds(part, at: node) { return true }
            return false
        case .all(let parts):
            for part in parts where try !holds(part, at: node) { return false }
            return true
        case .not(let part): return try !holds(part, at: node)
        case .exists(let query): return try !select(query, from: node).isEmpty
        case .comparison(let left, let comparison, let right):
            let first = try value(of: left, at: node)
            let second = try value(of: right, at: node)
            return try compare(first, comparison, second)
        case .matches(let operand, let expression, let isWhole):
            return try matches(operand, expression, isWhole, node)
        }
    }

    private mutating func matches(
        _ operand: JSONPathOperand,
        _ expression: JSONPathExpression,
        _ isWhole: Bool,
        _ node: JSONPathNode
    ) throws(JSONPathError) -> Bool {
        guard case .string(let text)? = try value(of: operand, at: node) else { return false }
        var found: RegularExpression?
        switch expression {
        case .compiled(let compiled): found = compiled
        case .computed(let operand):
            guard case .string(let pattern)? = try value(of: operand, at: node) else { return false }
            found = try compiled(pattern, isWhole)
        }
        guard let found else { return false }
        return try matches(found, Array(text.utf8))
    }

    /// An expression of the text itself; compiling costs as much as visiting hundreds of nodes.
    private mutating func compiled(_ pattern: String, _ isWhole: Bool) throws(JSONPathError) -> RegularExpression? {
        let key = ExactText((isWhole ? "m" : "s") + pattern)
        try visit(1 + pattern.utf8.count / Self.bytesPerStep)
        if let known = expressions[key] { return known }
        try visit(500 + pattern.utf8.count)
        let made = try? IRegexp.compile(pattern, isWhole: isWhole)
        expressions[key] = .some(made)
        return made
    }

    private mutating func matches(_ expression: RegularExpression, _ bytes: [UInt8]) throws(JSONPathError) -> Bool {
        try visit(1 + bytes.count / Self.bytesPerStep)
        let own = RegularExpression.stepLimit(bytes: bytes.count)
        // So many steps of an expression count as one step of the path.
        let rate = 64
        let allowed = min(own, min(remaining, own / rate + 1) * rate)
        var left = allowed
        let isMatch: Bool
        do {
            isMatch = try expression.matches(bytes, steps: &left)
        } catch {
            throw error == .limit && allowed < own ? .limit(limit) : .expression(error)
        }
        try visit((allowed - left) / rate)
        return isMatch
    }

    /// How many bytes of text are compared or counted in one step.
    private static let bytesPerStep = 64

    private mutating func value(of operand: JSONPathOperand, at node: JSONPathNode) throws(JSONPathError) -> JSONValue?
    {
        switch operand {
        case .literal(let value): return value
        case .query(let query):
            let nodes = try select(query, from: node)
            guard nodes.count == 1 else { return nil }
            return nodes[0].value
        case .count(let query): return .integer(Int64(try select(query, from: node).count))
        case .length(let operand):
            switch try value(of: operand, at: node) {
            case .string(let text)?:
                try visit(text.utf8.count / Self.bytesPerStep)
                return .integer(Int64(text.unicodeScalars.count))
            case .array(let elements)?: return .integer(Int64(elements.count))
            case .object(let object)?: return .integer(Int64(object.members.count))
            default: return nil
            }
        }
    }

    private mutating func compare(
        _ left: JSONValue?,
        _ comparison: JSONPathComparison,
        _ right: JSONValue?
    ) throws(JSONPathError) -> Bool {
        switch comparison {
        case .equal: try isEqual(left, right)
        case .notEqual: try !isEqual(left, right)
        case .less: try isLess(left, right)
        case .greater: try isLess(right, left)
        case .lessOrEqual: if try isLess(left, right) { true } else { try isEqual(left, right) }
        case .greaterOrEqual: if try isLess(right, left) { true } else { try isEqual(left, right) }
        }
    }

    /// Whether two values, or two times nothing, are equal; throws `.limit`.
    mutating func isEqual(_ left: JSONValue?, _ right: JSONValue?) throws(JSONPathError) -> Bool {
        try visit()
        switch (left, right) {
        case (nil, nil), (.null?, .null?): return true
        case (.bool(let left)?, .bool(let right)?): return left == right
        case (.string(let left)?, .string(let right)?):
            guard left.utf8.count == right.utf8.count else { return false }
            try visit(left.utf8.count / Self.bytesPerStep)
            return left.utf8.elementsEqual(right.utf8)
        case (.integer, .integer), (.integer, .number), (.number, .integer), (.number, .number):
            let isBelow = try isLess(left, right)
            let isAbove = try isLess(right, left)
            return !isBelow && !isAbove
        case (.array(let left)?, .array(let right)?):
            guard left.count == right.count else { return false }
            for (first, second) in zip(left, right) where try !isEqual(first, second) { return false }
            return true
        case (.object(let left)?, .object(let right)?):
            guard left.members.count == right.members.count else { return false }
            for member in left.members {
                guard let other = try self.member(member.key, of: right) else { return false }
                guard try isEqual(member.value, other) else { return false }
            }
            return true
        default: return false
        }
    }

    /// Compares integers without rounding them to doubles, and strings by scalars, in which order UTF-8 agrees.
    mutating func isLess(_ left: JSONValue?, _ right: JSONValue?) throws(JSONPathError) -> Bool {
        switch (left, right) {
        case (.integer(let left)?, .integer(let right)?): return left < right
        case (.number(let left)?, .number(let right)?): return left < right
        case (.integer(let left)?, .number(let right)?): return Self.isLess(left, right)
        case (.number(let left)?, .integer(let right)?): return Self.isLess(left, right)
        case (.string(let left)?, .string(let right)?):
            try visit(min(left.utf8.count, right.utf8.count) / Self.bytesPerStep)
            return left.utf8.lexicographicallyPrecedes(right.utf8)
        default: return false
        }
    }

    private static func isLess(_ left: Int64, _ right: Double) -> Bool {
        if right >= 0x1p63 { return true }
        if right <= -0x1p63 { return false }
        let whole = right.rounded(.down)
        return left < Int64(whole) || (left == Int64(whole) && whole < right)
    }

    private static func isLess(_ left: Double, _ right: Int64) -> Bool {
        if left >= 0x1p63 { return false }
        if left < -0x1p63 { return true }
        return Int64(left.rounded(.down)) < right
    }
}
