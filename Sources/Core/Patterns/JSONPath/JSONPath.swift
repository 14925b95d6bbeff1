package import Base

/// A JSONPath query (RFC 9535), parsed once and evaluated within limits.
package struct JSONPath: Sendable {
    /// The largest length of a path, in bytes.
    package static let maximumLength = 4096
    /// How many nodes one evaluation visits by default.
    package static let defaultNodeLimit = 100_000

    package let text: String
    let query: JSONPathQuery

    /// Parses a path; throws `.tooLong`, or `.syntax` for one that is not well-formed or not well-typed.
    package init(_ text: String) throws(JSONPathError) {
        let bytes = Array(text.utf8)
        guard bytes.count <= Self.maximumLength else { throw .tooLong }
        var parser = JSONPathParser(bytes: bytes)
        query = try parser.path()
        self.text = text
    }

    /// The values that the path selects, in the order of the RFC.
    ///
    /// Throws `.limit` once more than `limit` nodes were visited, those of filters included.
    package func nodes(
        in value: JSONValue,
        limit: Int = JSONPath.defaultNodeLimit
    ) throws(JSONPathError) -> [JSONValue] {
        var evaluator = JSONPathEvaluator(root: value, limit: limit)
        return try evaluator.select(query, from: JSONPathNode(value: value)).map(\.value)
    }

    /// The normalized paths of the nodes that the path selects; throws `.limit` like `nodes(in:limit:)`.
    package func normalizedPaths(
        in value: JSONValue,
        limit: Int = JSONPath.defaultNodeLimit
    ) throws(JSONPathError) -> [String] {
        var evaluator = JSONPathEvaluator(root: value, limit: limit)
        return try evaluator.select(query, from: JSONPathNode(value: value)).map(\.normalizedPath)
    }
}
