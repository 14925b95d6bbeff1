/// Method, target and version of a request (RFC 9112 §3): the origin form, the absolute form, and `OPTIONS *`.
struct RequestLine {
    let method: Method
    /// Host and port of a target in absolute form, which replace the field `Host` (RFC 9112 §3.2.2).
    let authority: String?
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
        // Clients such as curl send a query as it was typed: bytes beyond ASCII are read there, though not in a path.
        while position < end, bytes[position] > 32, bytes[position] < 127 || (bytes[position] > 127 && mark != nil) {
            if bytes[position] == UInt8(ascii: "?"), mark == nil { mark = position }
            position += 1
        }
        guard position - target <= limits.targetBytes else { throw .uriTooLong }
        guard position > target else { throw .badRequest }
        let form = try Form(bytes, target..<position, method)
        guard position + 11 <= end, bytes[position] == 32, bytes.matchesVersion(at: position + 1),
            bytes[position + 9] == 13, bytes[position + 10] == 10
        else { throw .badRequest }
        guard bytes[position + 6] == UInt8(ascii: "1") else { throw .versionNotSupported }
        minorVersion = bytes[position + 8] - 48
        authority = form.authority
        let pathEnd = mark ?? position
        path = form.pathStart < pathEnd ? bytes.string(form.pathStart..<pathEnd) : form.emptyPath(method, mark != nil)
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

    /// The form of a target.
    private struct Form {
        let authority: String?
        let pathStart: Int

        init(_ bytes: Span<UInt8>, _ target: Range<Int>, _ method: Method) throws(Status) {
            let first = bytes[target.lowerBound]
            if first == UInt8(ascii: "/") || (first == UInt8(ascii: "*") && target.count == 1 && method == .options) {
                (authority, pathStart) = (nil, target.lowerBound)
                return
            }
            let schemes: [StaticString] = ["http://", "https://"]
            guard let scheme = schemes.first(where: { bytes.matches($0, at: target.lowerBound) }) else {
                throw .badRequest
            }
            let start = target.lowerBound + scheme.utf8CodeUnitCount
            var end = start
            while end < target.upperBound, bytes[end] != UInt8(ascii: "/"), bytes[end] != UInt8(ascii: "?") { end += 1 }
            // Refuses user information too.
            guard start < end, end - start <= 300, HostField(bytes.string(start..<end)) != nil else {
                throw .badRequest
            }
            (authority, pathStart) = (bytes.string(start..<end), end)
        }

        /// What an absolute form without a path asks for (RFC 9112 §3.2.1, §3.2.4).
        func emptyPath(_ method: Method, _ hasQuery: Bool) -> String { method == .options && !hasQuery ? "*" : "/" }
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
