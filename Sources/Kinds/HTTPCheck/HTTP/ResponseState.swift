import Base
import Checks

/// The response of one hop and the searches in it; its buffers are kept between checks.
struct ResponseState {
    /// Why reading was aborted.
    enum Stop {
        case headerTooLarge, headerMalformed(String), bodyTooLarge, undecodable(String)
        /// A keyword was found, and the rest of the body does not matter.
        case matched
        /// The target switched to another protocol without a request to do so.
        case switched
    }

    private(set) var status = 0
    /// "1.0", "1.1", "2".
    private(set) var version: StaticString?
    private(set) var isHeaderComplete = false
    /// The size of the body as sent; nil when the header does not say.
    private(set) var contentLength: Int?
    private(set) var location: [UInt8]?
    private(set) var hasTwoLocations = false
    /// Values of Set-Cookie; the header's limit bounds them.
    private(set) var cookies: [[UInt8]] = []
    /// Irregularities that were tolerated, as browsers and curl do; for people.
    private var irregularities: [String] = []
    private var isStrict = false
    private var endsAtMatch = false
    /// Whether every field is kept, because assertions check fields by name.
    private(set) var keepsWholeHeader = false
    /// Whether this is a redirect to follow.
    private(set) var isRedirect = false
    private(set) var stop: Stop?
    /// The number of decoded bytes.
    private(set) var bodyBytes = 0
    /// The number of bytes before decoding.
    private var codedBytes = 0
    private var headerBytes = 0
    private var fieldCount = 0
    /// Field lines as received, limited in size.
    private(set) var headers: [UInt8] = []
    private(set) var bodyStart: [UInt8] = []
    private(set) var keywords: KeywordReader?
    private var contentType: [UInt8]?
    /// The last field of those that are read here; it waits for continuation lines.
    private var pending: (field: PendingField, value: [UInt8])?
    /// Whether the last field is in `headers`.
    private var isLastKept = false
    /// Whether a refusal may be followed by the answer to an authenticated request.
    private var mayRepeat = false
    /// Whether the request offered an upgrade to HTTP/2.
    private var mayUpgrade = false
    /// nil when the body has no content coding.
    private var decoder: (any BodyDecoder)?
    /// A content coding that is not decoded.
    private var unknownCoding: String?
    /// Whether the body is coded several times over.
    private var isCodedTwice = false

    private enum PendingField { case location, cookie, length, type, coding }

    private static let headerLimit = 100_000
    static let keptHeaderBytes = 16_384
    static let keptFields = 100
    private static let noteLimit = 8
    private static let codingOverhead = 1024

    /// `collects` keeps the body's text even if no setting needs it.
    mutating func begin(_ options: HTTPSettings.Options, collects: Bool = false) {
        keywords = KeywordReader(options, collects: collects)
        keepsWholeHeader = !options.assertions.isEmpty && options.assertions.contains(where: \.readsHeader)
        mayRepeat = if case .digest? = options.authentication { true } else { false }
        mayUpgrade = options.httpVersion == .http2
        isStrict = options.isStrict
        endsAtMatch = options.endsAtMatch
    }

    mutating func end() {
        keywords = nil
        location = nil
        decoder = nil
        contentType = nil
    }

    /// Resets it for the next hop.
    mutating func beginHop() {
        (status, version, isHeaderComplete, location, isRedirect, stop) = (0, nil, false, nil, false, nil)
        (bodyBytes, headerBytes, fieldCount) = (0, 0, 0)
        codedBytes = 0
        (decoder, unknownCoding, isCodedTwice, contentLength) = (nil, nil, false, nil)
        hasTwoLocations = false
        (contentType, pending, isLastKept) = (nil, nil, false)
        keywords?.beginHop()
        if !cookies.isEmpty { cookies = [] }
        if !irregularities.isEmpty { irregularities = [] }
        headers.removeAll(keepingCapacity: true)
        bodyStart.removeAll(keepingCapacity: true)
    }

    // MARK: Header

    /// Handles one line of the header; `limit` is the largest body that it may announce.
    ///
    /// Returns false to abort the transfer, with the reason in `stop`.
    mutating func takeHeader(_ line: UnsafeRawBufferPointer, follows: Bool, limit: Int) -> Bool {
        headerBytes += line.count
        guard headerBytes <= Self.headerLimit else {
            stop = .headerTooLarge
            return false
        }
        if isStatusLine(line) { return takeStatus(line) && hasRegularEnd(line) }
        // Trailers are ignored.
        if isHeaderComplete { return true }
        guard hasRegularEnd(line) else { return false }
        guard let first = line.first, first != 13, first != 10 else {
            guard takePending() else { return false }
            // A range of a coded body begins and ends anywhere: only a search needs it decoded.
            if status == 206, keywords == nil { decoder = nil }
            // An interim response is followed by another.
            isHeaderComplete = status >= 200 || status == 101
            if status == 101, !mayUpgrade {
                stop = .switched
                return false
            }
            isRedirect = follows && location != nil && [301, 302, 303, 307, 308].contains(status)
            guard let contentLength, contentLength > limit, decoder == nil, !isRedirect, status >= 200, status != 204,
                status != 304
            else { return true }
            stop = .bodyTooLarge
            return false
        }
        return takeField(line)
    }

    private mutating func hasRegularEnd(_ line: UnsafeRawBufferPointer) -> Bool {
        let isRegular = line.count >= 2 && line[line.count - 2] == 13 && line[line.count - 1] == 10
        guard isRegular || tolerate("a header line does not end in CR and LF") else { return false }
        return !line.dropLast(2).contains(13) || tolerate("a header line holds a CR")
    }

    private func isStatusLine(_ line: UnsafeRawBufferPointer) -> Bool {
        line.count >= 7 && line[0] | 32 == 0x68 && line[1] | 32 == 0x74 && line[2] | 32 == 0x74 && line[3] | 32 == 0x70
            && line[4] == 0x2F && (!isHeaderComplete || status < 200 || (mayRepeat && status == 401))
    }

    private mutating func takeStatus(_ line: UnsafeRawBufferPointer) -> Bool {
        let bytes = headerBytes
        beginHop()
        headerBytes = bytes
        let isShort = line[6] == UInt8(ascii: " ")
        version =
            switch (line[5], isShort ? 48 : line[7]) {
            case (0x31, 0x30): "1.0"
            case (0x31, 0x31): "1.1"
            // As libcurl writes them; a target that writes HTTP/2.0 itself speaks HTTP/1.
            case (0x32, _) where isShort: "2"
            case (0x33, _) where isShort: "3"
            default: nil
            }
        var start = isShort ? 7 : 9
        if start < line.count, line[start] == 32, !isShort {
            guard tolerate("the status line has more than one space before the status") else { return false }
            while start < line.count, line[start] == 32 { start += 1 }
        }
        if line[0] != 0x48 || line[1] != 0x54 || line[2] != 0x54 || line[3] != 0x50 {
            guard tolerate("the status line does not write HTTP in capitals") else { return false }
        }
        // libcurl itself writes the status lines of HTTP/2 and 3, without a reason phrase.
        let isOwn = !isShort || line.dropFirst(10).allSatisfy { $0 <= 32 }
        guard version != nil, isOwn, line.count >= start + 3, line[start - 1] == UInt8(ascii: " ") else {
            stop = .headerMalformed("the status line is malformed")
            return false
        }
        for byte in line[start..<start + 3] {
            guard byte &- 48 <= 9 else {
                stop = .headerMalformed("the status line holds no status")
                return false
            }
            status = status * 10 + Int(byte - 48)
        }
        guard status >= 100 else {
            stop = .headerMalformed("the status is below 100")
            return false
        }
        guard line.count == start + 3 || line[start + 3] <= 32 else {
            stop = .headerMalformed("the status line holds no status")
            return false
        }
        return true
    }

    private mutating func takeField(_ line: UnsafeRawBufferPointer) -> Bool {
        if line[0] == 32 || line[0] == 9 {
            guard fieldCount > 0 else {
                stop = .headerMalformed("the header begins with a continuation")
                return false
            }
            return takeContinuation(line)
        }
        guard takePending() else { return false }
        var colon = 0
        while colon < line.count, RequestRules.isTokenByte(line[colon]) { colon += 1 }
        if colon == 0 || colon == line.count || line[colon] != UInt8(ascii: ":") {
            guard let found = line.firstIndex(of: UInt8(ascii: ":")) else {
                stop = .headerMalformed("a header line has no colon")
                return false
            }
            guard found > 0 else {
                stop = .headerMalformed("a header line begins with a colon")
                return false
            }
            colon = found
            guard tolerate("a header field's name holds a space or another character that is not allowed") else {
                return false
            }
        }
        guard !line.contains(0) else {
            stop = .headerMalformed("a header line holds a NUL byte")
            return false
        }
        fieldCount += 1
        isLastKept =
            keepsWholeHeader
            || (fieldCount <= Self.keptFields && headers.count + line.count <= Self.keptHeaderBytes)
        if isLastKept { headers.append(contentsOf: line) }
        if let field = pendingField(line, colon) { pending = (field, Self.value(line[(colon + 1)...])) }
        return true
    }

    private func pendingField(_ line: UnsafeRawBufferPointer, _ colon: Int) -> PendingField? {
        switch colon {
        case 8 where Self.names(line, "location"): .location
        case 10 where (300...399).contains(status) && Self.names(line, "set-cookie"): .cookie
        case 12 where keywords != nil && Self.names(line, "content-type"): .type
        case 14 where Self.names(line, "content-length"): .length
        case 16 where Self.names(line, "content-encoding"): .coding
        default: nil
        }
    }

    /// Joins a line to the field that it continues, with a space (RFC 9112 §5.2).
    private mutating func takeContinuation(_ line: UnsafeRawBufferPointer) -> Bool {
        guard tolerate("a header field goes over several lines") else { return false }
        guard !line.contains(0) else {
            stop = .headerMalformed("a header line holds a NUL byte")
            return false
        }
        let more = [32] + Self.value(line)
        if let value = pending?.value { pending?.value = value.isEmpty ? Self.value(line) : value + more }
        isLastKept = isLastKept && (keepsWholeHeader || headers.count + more.count <= Self.keptHeaderBytes)
        guard isLastKept else { return true }
        while let last = headers.last, last == 13 || last == 10 { headers.removeLast() }
        headers += more + [13, 10]
        return true
    }

    /// Reads the last field, which no more lines continue.
    private mutating func takePending() -> Bool {
        guard let (field, value) = pending else { return true }
        pending = nil
        switch field {
        case .location: takeLocation(value)
        case .cookie: cookies.append(value)
        case .length: return takeLength(value)
        case .type: contentType = value
        case .coding: takeCoding(value)
        }
        return true
    }

    /// Whether the line begins with a field name in lower case; the lengths have already been compared.
    private static func names(_ line: UnsafeRawBufferPointer, _ name: StaticString) -> Bool {
        name.withUTF8Buffer { name in (0..<name.count).allSatisfy { line[$0] | 0x20 == name[$0] } }
    }

    private mutating func takeLocation(_ value: [UInt8]) {
        if let location, location != value { hasTwoLocations = true }
        location = location ?? value
    }

    /// Notes an irregularity that browsers and curl tolerate; false when the settings do not tolerate it.
    private mutating func tolerate(_ text: String) -> Bool {
        if isStrict {
            stop = .headerMalformed(text)
            return false
        }
        if irregularities.count < Self.noteLimit, !irregularities.contains(text) { irregularities.append(text) }
        return true
    }

    /// RFC 9112 §6.3: with an invalid length, or two different ones, the end of the message is unknown.
    private mutating func takeLength(_ value: [UInt8]) -> Bool {
        for part in value.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false) {
            let digits = Self.value(part[...])
            guard !digits.isEmpty, digits.allSatisfy({ $0 &- 48 <= 9 }),
                let length = Int(String(decoding: digits, as: UTF8.self))
            else {
                stop = .headerMalformed("the Content-Length is no number, or too large a one")
                return false
            }
            guard contentLength == nil || contentLength == length else {
                stop = .headerMalformed("the header holds two different Content-Lengths")
                return false
            }
            contentLength = length
        }
        return true
    }

    private mutating func takeCoding(_ value: [UInt8]) {
        // Empty elements of a list mean nothing (RFC 9110 §5.6.1).
        for element in value.prefix(100).split(separator: UInt8(ascii: ",")) {
            let coding = String(decoding: Self.value(element), as: UTF8.self).lowercased()
            if coding.isEmpty || coding == "identity" { continue }
            isCodedTwice = isCodedTwice || decoder != nil || unknownCoding != nil
            if decoder == nil, let made = ContentCoding.decoder(coding) {
                decoder = made
            } else {
                unknownCoding = coding
            }
        }
    }

    /// A field's value without surrounding white space.
    static func value(_ bytes: some BidirectionalCollection<UInt8>) -> [UInt8] {
        var bytes = bytes.drop { $0 == 32 || $0 == 9 }
        while let last = bytes.last, last <= 32 { bytes = bytes.dropLast() }
        return Array(bytes)
    }

    // MARK: Body

    /// Whether the body's content coding was complete; a body without one ends with the message.
    var isBodyWhole: Bool { isRedirect || isMatched || decoder?.isWhole ?? true }

    private var isMatched: Bool {
        if case .matched = stop { return true }
        return false
    }

    /// Handles a piece of the body as sent; false aborts the transfer, with the reason in `stop`.
    mutating func takeBody(_ piece: UnsafeRawBufferPointer, limit: Int) -> Bool {
        if isRedirect { return true }
        if let unknownCoding, keywords != nil {
            stop = .undecodable(
                isCodedTwice
                    ? "the body has several content codings, of which only one is decoded"
                    : "the body's content coding \(unknownCoding) is none of \(ContentCoding.offered)"
            )
            return false
        }
        guard let decoder, unknownCoding == nil else { return takeText(piece, limit: limit) }
        // A stream may go on for ever without a decoded byte; a coding makes no body much longer than it is.
        codedBytes += piece.count
        guard codedBytes <= limit + limit / 64 + Self.codingOverhead else {
            stop = .bodyTooLarge
            return false
        }
        let isDecodable = decoder.feed(piece) { takeText($0, limit: limit) }
        if !isDecodable { stop = .undecodable("the body cannot be decoded") }
        return stop == nil
    }

    /// What was irregular but tolerated, for people.
    var notes: [String] { keywords?.charsetNote.map { irregularities + [$0] } ?? irregularities }

    /// Searches the rest of the body; call when it has ended.
    mutating func endBody() { keywords?.end(contentType: contentType) }

    private mutating func takeText(_ piece: UnsafeRawBufferPointer, limit: Int) -> Bool {
        let room = Outcome.Evidence.bodyLimit - bodyStart.count
        if room > 0 { bodyStart.append(contentsOf: piece.prefix(room)) }
        keywords?.feed(piece, contentType: contentType)
        bodyBytes += piece.count
        guard bodyBytes <= limit else {
            stop = .bodyTooLarge
            return false
        }
        if endsAtMatch, keywords?.keyword?.isFound == true || keywords?.forbidden?.isFound == true {
            stop = .matched
            return false
        }
        return true
    }
}
