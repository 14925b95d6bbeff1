import Base

/// Parses a path by the grammar of RFC 9535, byte by byte; every error has its offset.
struct JSONPathParser {
    /// How deep filters, parentheses and functions nest.
    static let maximumDepth = 32
    let bytes: [UInt8]
    var position = 0
    var depth = 0
    /// See `JSONPath.flaws`.
    var flaws: [JSONPathError] = []

    init(bytes: [UInt8]) { self.bytes = bytes }

    mutating func path() throws(JSONPathError) -> JSONPathQuery {
        guard take("$") else { throw error("a path starts with '$'") }
        var query = JSONPathQuery(isAbsolute: true)
        query.segments = try segments()
        guard position == bytes.count else { throw error("unexpected text after the path") }
        return query
    }

    /// Segments; blank space may precede a segment but not follow the last.
    mutating func segments() throws(JSONPathError) -> [JSONPathSegment] {
        var result: [JSONPathSegment] = []
        while true {
            let start = position
            skipSpace()
            if take("[") {
                result.append(JSONPathSegment(isDescendant: false, selectors: try bracketed()))
            } else if take(".") {
                let isDescendant = take(".")
                if isDescendant, take("[") {
                    result.append(JSONPathSegment(isDescendant: true, selectors: try bracketed()))
                } else {
                    let selector: JSONPathSelector = take("*") ? .wildcard : .name(try shorthand())
                    result.append(JSONPathSegment(isDescendant: isDescendant, selectors: [selector]))
                }
            } else {
                position = start
                return result
            }
        }
    }

    private mutating func bracketed() throws(JSONPathError) -> [JSONPathSelector] {
        var result: [JSONPathSelector] = []
        repeat {
            skipSpace()
            result.append(try selector())
            skipSpace()
        } while take(",")
        guard take("]") else { throw error("expected ',' or ']'") }
        return result
    }

    private mutating func selector() throws(JSONPathError) -> JSONPathSelector {
        switch current {
        case UInt8(ascii: "'"), UInt8(ascii: "\""): return .name(try string())
        case UInt8(ascii: "*"):
            position += 1
            return .wildcard
        case UInt8(ascii: "?"):
            position += 1
            skipSpace()
            return .filter(try condition())
        case UInt8(ascii: ":"), UInt8(ascii: "-"), (UInt8(ascii: "0")...UInt8(ascii: "9"))?: return try indexOrSlice()
        default: throw error("expected a selector: a quoted name, an index, a slice, '*' or '?'")
        }
    }

    private mutating func indexOrSlice() throws(JSONPathError) -> JSONPathSelector {
        let start = try optionalInteger()
        let end = position
        skipSpace()
        guard take(":") else {
            position = end
            guard let start else { throw error("expected an index") }
            return .index(start)
        }
        skipSpace()
        let upper = try optionalInteger()
        let afterUpper = position
        skipSpace()
        guard take(":") else {
            position = afterUpper
            return .slice(start: start, end: upper, step: 1)
        }
        skipSpace()
        return .slice(start: start, end: upper, step: try optionalInteger() ?? 1)
    }

    /// An integer as in I-JSON: no leading zero, no `-0`, exact in a double.
    private mutating func optionalInteger() throws(JSONPathError) -> Int? {
        let start = position
        let isNegative = take("-")
        let digits = position
        while let byte = current, Self.isDigit(byte) { position += 1 }
        guard position > digits else {
            if isNegative { throw error("expected a digit after '-'") }
            return nil
        }
        guard bytes[digits] != UInt8(ascii: "0") || (position == digits + 1 && !isNegative) else {
            throw error("an integer has no leading zero and is not '-0'", at: start)
        }
        guard let value = Int(String(decoding: bytes[start..<position], as: UTF8.self)),
            value.magnitude < 1 << 53
        else { throw error("an integer is between -(2^53)+1 and 2^53-1", at: start) }
        return value
    }

    private mutating func shorthand() throws(JSONPathError) -> String {
        let start = position
        guard let first = current, Self.isNameStart(first) else { throw error("expected a name or '*'") }
        while let byte = current, Self.isNameStart(byte) || Self.isDigit(byte) { position += 1 }
        return String(decoding: bytes[start..<position], as: UTF8.self)
    }

    // MARK: Reading

    var current: UInt8? { position < bytes.count ? bytes[position] : nil }

    func error(_ reason: String, at offset: Int? = nil) -> JSONPathError {
        .syntax(reason: reason, offset: offset ?? position)
    }

    /// Skips a text if it comes next, and returns whether it did.
    mutating func take(_ text: String) -> Bool {
        guard bytes[position...].starts(with: text.utf8) else { return false }
        position += text.utf8.count
        return true
    }

    mutating func skipSpace() {
        while let byte = current, byte == 32 || byte == 9 || byte == 10 || byte == 13 { position += 1 }
    }

    /// Runs a body one level deeper; throws `.syntax` when that is too deep.
    mutating func enter() throws(JSONPathError) {
        depth += 1
        guard depth <= Self.maximumDepth else { throw error("nested deeper than \(Self.maximumDepth) levels") }
    }

    static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

    static func isNameStart(_ byte: UInt8) -> Bool {
        let lower = byte | 0x20
        return (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(lower) || byte == UInt8(ascii: "_") || byte >= 0x80
    }
}
