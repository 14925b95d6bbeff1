/// Method, target and version of a request (RFC 9112 §3); only the origin form and `OPTIONS *` are accepted.
struct RequestLine {
    let method: Method
    private(set) var path: String
    let query: String?
    let minorVersion: UInt8
    /// Where the header fields begin.
    let end: Int

    /// Moves the path out.
    mutating func takePath() -> String { path }

    /// Parses the line at `start`, which ends with CRLF at `end`.
    init(_ bytes: Span<UInt8>, at start: Int, end: Int, _ limits: Limits) throws(Status) {
        var position = start
        while position < end, bytes[position].isTokenCharacter { position += 1 }
        guard (1...20).contains(position - start), bytes[position] == 32 else { throw .badRequest }
        method = try Self.method(bytes, start..<position)
        position += 1
        let target = position
        var mark: Int?
        while position < end, bytes[position] > 32, bytes[position] < 127 {
            if bytes[position] == UInt8(ascii: "?"), mark == nil { mark = position }
            position += 1
        }
        guard position - target <= limits.targetBytes else { throw .uriTooLong }
        guard position > target, Self.isAcceptable(bytes, target..<position, method) else { throw .badRequest }
        guard position + 11 <= end, bytes[position] == 32, bytes.matchesVersion(at: position + 1),
            bytes[position + 9] == 13, bytes[position + 10] == 10
        else { throw .badRequest }
        guard bytes[position + 6] == UInt8(ascii: "1") else { throw .versionNotSupported }
        minorVersion = bytes[position + 8] - 48
        path = bytes.string(target..<(mark ?? position))
        query = mark.map { bytes.string($0 + 1..<position) }
        self.end = position + 11
    }

    private static func method(_ bytes: Span<UInt8>, _ range: Range<Int>) throws(Status) -> Method {
        switch (range.count, bytes[range.lowerBound]) {
        case (3, UInt8(ascii: "G")) where bytes[range.lowerBound + 1] == 69 && bytes[range.lowerBound + 2] == 84:
            return .get
        default:
            let name = bytes.string(range)
            if name == "CONNECT" { throw .notImplemented }
            return Method(name)
        }
    }

    private static func isAcceptable(_ bytes: Span<UInt8>, _ target: Range<Int>, _ method: Method) -> Bool {
        let first = bytes[target.lowerBound]
        return first == UInt8(ascii: "/") || (first == UInt8(ascii: "*") && target.count == 1 && method == .options)
    }
}

extension Span<UInt8> {
    /// Whether `HTTP/d.d` is at `position`, in capitals.
    fileprivate func matchesVersion(at position: Int) -> Bool {
        self[position] == 72 && self[position + 1] == 84 && self[position + 2] == 84 && self[position + 3] == 80
            && self[position + 4] == 47 && self[position + 5] &- 48 < 10 && self[position + 6] == 46
            && self[position + 7] &- 48 < 10
    }
}
