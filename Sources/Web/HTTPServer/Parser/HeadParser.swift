import CLinux

/// A strict parser of request heads (RFC 9112); each call gets all bytes so far, and it remembers only what it scanned.
///
/// It refuses: bare CR or LF, obsolete folding, blanks before the colon, control characters, no or several `Host`,
/// several or invalid `Content-Length`s, `Content-Length` with `Transfer-Encoding`, and any coding except one
/// `chunked`. What a proxy could read differently is refused rather than repaired.
package struct HeadParser {
    package enum Outcome {
        case incomplete
        case rejected(Status)
        /// The head and how many bytes it took.
        case head(RequestHead, count: Int)
    }

    /// The bytes that are known not to contain the end of the head.
    private var scanned = 0

    package init() {}

    /// Parses the head at the start of `bytes`, which must begin with the bytes of the previous call.
    package mutating func parse(_ bytes: Span<UInt8>, _ limits: Limits) -> Outcome {
        // One empty line before a request is tolerated (RFC 9112 §2.2).
        let start = bytes.count >= 2 && bytes[0] == 13 && bytes[1] == 10 ? 2 : 0
        if start < bytes.count, !bytes[start].isTokenCharacter {
            return bytes.count == 1 && bytes[0] == 13 ? .incomplete : .rejected(.badRequest)
        }
        guard let end = Self.endOfHead(bytes, from: max(start, scanned - 3)) else {
            return unfinished(bytes, start, limits)
        }
        scanned = 0
        guard end - start <= limits.headBytes else { return .rejected(.headersTooLarge) }
        do throws(Status) {
            var line = try RequestLine(bytes, at: start, end: end - 2, limits)
            var fields = FieldParser(position: line.end, end: end - 2, base: start)
            try fields.parse(bytes, limits, minorVersion: line.minorVersion)
            let block = bytes.extracting(start..<end).withUnsafeBufferPointer { Array($0) }
            var head = RequestHead(
                method: line.method,
                minorVersion: line.minorVersion,
                path: line.takePath(),
                query: line.query,
                headers: Headers(bytes: block, fields: fields.fields),
                framing: fields.framing
            )
            if let authority = line.authority { head.headers["Host"] = authority }
            return .head(head, count: end)
        } catch {
            return .rejected(error)
        }
    }

    /// Where the head's empty line ends; nil when it has not arrived.
    private static func endOfHead(_ bytes: Span<UInt8>, from position: Int) -> Int? {
        guard bytes.count - position >= 4 else { return nil }
        return bytes.withUnsafeBytes { bytes in
            guard let base = bytes.baseAddress else { return nil }
            let mark: StaticString = "\r\n\r\n"
            return CLinux_memmem(base + position, bytes.count - position, mark.utf8Start, 4)
                .map { base.distance(to: $0) + 4 }
        }
    }

    /// A bare line feed can never become part of a valid head: it is refused now, not at the deadline.
    private mutating func unfinished(_ bytes: Span<UInt8>, _ start: Int, _ limits: Limits) -> Outcome {
        var index = max(start, scanned - 3)
        while index < bytes.count {
            if bytes[index] == 10, index == 0 || bytes[index - 1] != 13 { return .rejected(.badRequest) }
            index += 1
        }
        scanned = bytes.count
        return bytes.count - start > limits.headBytes ? .rejected(.headersTooLarge) : .incomplete
    }
}

/// Thrown inside the parser: the status to answer with.
extension Status: Error {}

extension Span<UInt8> {
    /// Whether `text` is at `position`, compared without case.
    func matches(_ text: StaticString, at position: Int) -> Bool {
        guard position + text.utf8CodeUnitCount <= count else { return false }
        return text.withUTF8Buffer { expected in
            for index in 0..<expected.count where self[position + index].lowercased != expected[index].lowercased {
                return false
            }
            return true
        }
    }

    /// The bytes of a range as text; all callers pass ASCII.
    func string(_ range: Range<Int>) -> String {
        extracting(range).withUnsafeBufferPointer { String(decoding: $0, as: UTF8.self) }
    }
}
