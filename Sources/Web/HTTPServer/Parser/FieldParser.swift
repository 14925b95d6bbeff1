/// Parses header fields and their framing information (RFC 9112 §5 to §7).
struct FieldParser {
    private(set) var fields: [Headers.Field] = []
    private(set) var framing = RequestHead.Framing()
    private var position: Int
    private let end: Int
    private let base: Int
    private var hosts = 0
    private var hasCoding = false

    /// The fields are in `position..<end`, each with its CRLF; their index is relative to `base`.
    init(position: Int, end: Int, base: Int) {
        (self.position, self.end, self.base) = (position, end, base)
        fields.reserveCapacity(12)
    }

    mutating func parse(_ bytes: Span<UInt8>, _ limits: Limits, minorVersion: UInt8) throws(Status) {
        framing.keepsAlive = minorVersion >= 1
        while position < end {
            let name = try takeName(bytes)
            let value = try takeValue(bytes)
            guard fields.count < limits.fields else { throw .headersTooLarge }
            fields.append(
                Headers.Field(
                    nameStart: UInt32(name.lowerBound - base),
                    nameCount: UInt32(name.count),
                    valueStart: UInt32(value.lowerBound - base),
                    valueCount: UInt32(value.count)
                )
            )
            try interpret(bytes, name, value, minorVersion)
        }
        if framing.isChunked, framing.contentLength != nil { throw .badRequest }
        if hosts > 1 || (minorVersion >= 1 && hosts == 0) { throw .badRequest }
    }

    private mutating func takeName(_ bytes: Span<UInt8>) throws(Status) -> Range<Int> {
        let start = position
        while position < end, bytes[position].isTokenCharacter { position += 1 }
        guard (1...256).contains(position - start), position < end, bytes[position] == UInt8(ascii: ":") else {
            throw .badRequest
        }
        defer { position += 1 }
        return start..<position
    }

    private mutating func takeValue(_ bytes: Span<UInt8>) throws(Status) -> Range<Int> {
        while position < end, bytes[position].isBlank { position += 1 }
        let start = position
        while position < end, bytes[position].isFieldValueCharacter { position += 1 }
        guard position + 2 <= end, bytes[position] == 13, bytes[position + 1] == 10 else { throw .badRequest }
        var last = position
        while last > start, bytes[last - 1].isBlank { last -= 1 }
        position += 2
        return start..<last
    }

    private mutating func interpret(
        _ bytes: Span<UInt8>,
        _ name: Range<Int>,
        _ value: Range<Int>,
        _ minorVersion: UInt8
    ) throws(Status) {
        switch name.count {
        case 4 where bytes.matches("host", at: name.lowerBound):
            hosts += 1
        case 10 where bytes.matches("connection", at: name.lowerBound):
            readConnection(bytes, value, minorVersion)
        case 14 where bytes.matches("content-length", at: name.lowerBound):
            guard framing.contentLength == nil, let length = Self.length(bytes, value) else { throw .badRequest }
            framing.contentLength = length
        case 17 where bytes.matches("transfer-encoding", at: name.lowerBound):
            if hasCoding || minorVersion == 0 { throw .badRequest }
            hasCoding = true
            guard value.count == 7, bytes.matches("chunked", at: value.lowerBound) else { throw .notImplemented }
            framing.isChunked = true
        case 6 where bytes.matches("expect", at: name.lowerBound):
            guard value.count == 12, bytes.matches("100-continue", at: value.lowerBound) else {
                throw .expectationFailed
            }
            framing.expectsContinue = minorVersion >= 1
        default: break
        }
    }

    /// Digits only, at most 15 of them: no sign, no list, no overflow.
    private static func length(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Int? {
        guard (1...15).contains(range.count) else { return nil }
        var length = 0
        for index in range {
            let digit = bytes[index] &- 48
            guard digit < 10 else { return nil }
            length = length * 10 + Int(digit)
        }
        return length
    }

    private mutating func readConnection(_ bytes: Span<UInt8>, _ value: Range<Int>, _ minorVersion: UInt8) {
        if TokenList.contains("close", bytes, value) {
            framing.keepsAlive = false
            hasClose = true
        } else if minorVersion == 0, !hasClose, TokenList.contains("keep-alive", bytes, value) {
            framing.keepsAlive = true
        }
        if TokenList.contains("upgrade", bytes, value) { framing.asksUpgrade = true }
    }

    /// `close` overrides `keep-alive`, whichever field holds it.
    private var hasClose = false
}

/// A comma-separated list of tokens, as in `Connection`.
enum TokenList {
    /// Whether the list contains `token`, compared without case.
    static func contains(_ token: StaticString, _ bytes: Span<UInt8>, _ range: Range<Int>) -> Bool {
        var position = range.lowerBound
        while position < range.upperBound {
            while position < range.upperBound, bytes[position].isBlank || bytes[position] == UInt8(ascii: ",") {
                position += 1
            }
            let start = position
            while position < range.upperBound, bytes[position] != UInt8(ascii: ",") { position += 1 }
            var end = position
            while end > start, bytes[end - 1].isBlank { end -= 1 }
            if end - start == token.utf8CodeUnitCount, bytes.matches(token, at: start) { return true }
        }
        return false
    }
}
