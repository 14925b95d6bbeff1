import Base

extension JSONPathEvaluator {
    /// Whether a condition holds at a node; throws `.limit`.
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
            // Compiling costs as much as visiting hundreds of nodes.
            try visit(200)
            found = IRegexp.compile(pattern)
        }
        guard let found else { return false }
        do {
            return isWhole ? try found.matchesWhole(text) : try found.matches(text)
        } catch {
            throw .limit(limit)
        }
    }

    private mutating func value(of operand: JSONPathOperand, at node: JSONPathNode) throws(JSONPathError) -> JSONValue?
    {
        switch operand {
        case .literal(let value): return value
        case .query(let query):
            let nodes = try select(query, from: node)
            return nodes.count == 1 ? nodes[0].value : nil
        case .count(let query): return .integer(Int64(try select(query, from: node).count))
        case .length(let operand):
            switch try value(of: operand, at: node) {
            case .string(let text)?: return .integer(Int64(text.unicodeScalars.count))
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
        case .less: Self.isLess(left, right)
        case .greater: Self.isLess(right, left)
        case .lessOrEqual: if Self.isLess(left, right) { true } else { try isEqual(left, right) }
        case .greaterOrEqual: if Self.isLess(right, left) { true } else { try isEqual(left, right) }
        }
    }

    private mutating func isEqual(_ left: JSONValue?, _ right: JSONValue?) throws(JSONPathError) -> Bool {
        try visit()
        switch (left, right) {
        case (nil, nil), (.null?, .null?): return true
        case (.bool(let left)?, .bool(let right)?): return left == right
        case (.string(let left)?, .string(let right)?): return Self.isEqual(left, right)
        case (.integer, .integer), (.integer, .number), (.number, .integer), (.number, .number):
            return !Self.isLess(left, right) && !Self.isLess(right, left)
        case (.array(let left)?, .array(let right)?):
            guard left.count == right.count else { return false }
            for (first, second) in zip(left, right) where try !isEqual(first, second) { return false }
            return true
        case (.object(let left)?, .object(let right)?):
            guard left.members.count == right.members.count else { return false }
            for member in left.members {
                try visit(right.members.count)
                guard let other = right.members.first(where: { Self.isEqual($0.key, member.key) }) else { return false }
                guard try isEqual(member.value, other.value) else { return false }
            }
            return true
        default: return false
        }
    }

    /// Compares integers without rounding them to doubles, and strings by scalars, in which order UTF-8 agrees.
    private static func isLess(_ left: JSONValue?, _ right: JSONValue?) -> Bool {
        switch (left, right) {
        case (.integer(let left)?, .integer(let right)?): left < right
        case (.number(let left)?, .number(let right)?): left < right
        case (.integer(let left)?, .number(let right)?): isLess(left, right)
        case (.number(let left)?, .integer(let right)?): isLess(left, right)
        case (.string(let left)?, .string(let right)?): left.utf8.lexicographicallyPrecedes(right.utf8)
        default: false
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
