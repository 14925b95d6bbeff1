package import Base

/// A JSONPath query (RFC 9535), parsed once and evaluated within limits.
package struct JSONPath: Sendable {
    /// The largest length of a path, in bytes.
    package static let maximumLength = 4096
    /// How many steps one evaluation takes by default.
    ///
    /// A step is a node that is visited, in filters too, or as much other work: 64 bytes of text compared, 8 names looked
    /// at, 64 steps of a regular expression.
    package static let defaultStepLimit = 100_000

    package let text: String
    /// The second arguments of `match` and `search` that match nothing, since they are no I-Regexp (RFC 9485).
    ///
    /// The RFC accepts such a path; each is what is wrong, and at which byte.
    package let flaws: [JSONPathError]
    let query: JSONPathQuery

    /// Parses a path; throws `.tooLong`, or `.syntax` for one that is not well-formed or not well-typed.
    package init(_ text: String) throws(JSONPathError) {
        let bytes = Array(text.utf8)
        guard bytes.count <= Self.maximumLength else { throw .tooLong }
        var parser = JSONPathParser(bytes: bytes)
        query = try parser.path()
        flaws = parser.flaws
        self.text = text
    }

    /// The values that the path selects, in the order of the RFC.
    ///
    /// Throws `.limit` after more than `limit` steps, or `.expression`.
    package func nodes(
        in value: JSONValue,
        limit: Int = JSONPath.defaultStepLimit
    ) throws(JSONPathError) -> [JSONValue] {
        var evaluator = JSONPathEvaluator(root: value, limit: limit)
        return try evaluator.select(query, from: JSONPathNode(value: value)).map(\.value)
    }

    /// The normalized paths of the nodes that the path selects; throws as `nodes(in:limit:)` does.
    package func normalizedPaths(
        in value: JSONValue,
        limit: Int = JSONPath.defaultStepLimit
    ) throws(JSONPathError) -> [String] {
        var evaluator = JSONPathEvaluator(root: value, limit: limit)
        return try evaluator.select(query, from: JSONPathNode(value: value)).map(\.normalizedPath)
    }

    /// Whether a number is less than another, exactly; false for anything but two numbers or two strings.
    package static func isLess(_ left: JSONValue, _ right: JSONValue) -> Bool {
        var evaluator = JSONPathEvaluator(root: .null, limit: .max)
        return (try? evaluator.isLess(left, right)) ?? false
    }

    /// Whether two values are equal by section 2.3.5.2.2: numbers by value, exactly, and members in any order.
    package static func areEqual(_ left: JSONValue, _ right: JSONValue) -> Bool {
        var evaluator = JSONPathEvaluator(root: .null, limit: .max)
        return (try? evaluator.isEqual(left, right)) ?? false
    }
}
