import Base

/// Why bytes are not a valid DNS answer.
package enum DNSMessageError: Error, Sendable, Equatable {
    /// The message ends too early.
    case short
    /// A name is too long, or has an invalid length or compression pointer.
    case name
    /// The data of a record does not fit its type.
    case data(type: UInt16)
    /// The message expands to more text than `DNSMessage.textLimit`.
    case tooLong
    /// The message does not repeat the question.
    case question
    /// The message is not an answer.
    case notAnAnswer
}

extension DNSMessageError: CustomStringConvertible {
    /// Completes a sentence that begins with "the answer".
    package var description: String {
        switch self {
        case .short: "is cut short"
        case .name: "holds a malformed name"
        case .data(let type): "holds a malformed \(RecordType.name(of: type)) record"
        case .tooLong: "has records of more than \(DNSMessage.textLimit) bytes as text, the limit"
        case .question: "does not repeat the question"
        case .notAnAnswer: "is not an answer"
        }
    }
}

/// Reads the parts of a message in order; never reads beyond its end.
struct MessageReader {
    let bytes: UnsafeRawBufferPointer
    private(set) var position: Int
    /// Where reading ends: at the end of the message or of a record's data.
    let end: Int

    init(_ bytes: UnsafeRawBufferPointer, from position: Int = 0) {
        self.bytes = bytes
        self.position = position
        end = bytes.count
    }

    private init(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>) {
        self.bytes = bytes
        position = range.lowerBound
        end = range.upperBound
    }

    var isAtEnd: Bool { position == end }
    var left: Int { end - position }

    /// A reader of the next bytes alone; this reader continues after them.
    mutating func part(_ count: Int) throws(DNSMessageError) -> MessageReader {
        guard count <= left else { throw .short }
        defer { position += count }
        return MessageReader(bytes, position..<position + count)
    }

    mutating func u8() throws(DNSMessageError) -> UInt8 {
        guard left >= 1 else { throw .short }
        defer { position += 1 }
        return bytes[position]
    }

    mutating func u16() throws(DNSMessageError) -> UInt16 {
        guard left >= 2 else { throw .short }
        defer { position += 2 }
        return UInt16(bytes[position]) << 8 | UInt16(bytes[position + 1])
    }

    mutating func u32() throws(DNSMessageError) -> UInt32 {
        let high = try u16()
        return UInt32(high) << 16 | UInt32(try u16())
    }

    mutating func rest() -> UnsafeRawBufferPointer {
        defer { position = end }
        return UnsafeRawBufferPointer(rebasing: bytes[position..<end])
    }

    mutating func take(_ count: Int) throws(DNSMessageError) -> UnsafeRawBufferPointer {
        var part = try part(count)
        return part.rest()
    }

    // MARK: Names

    mutating func skipName() throws(DNSMessageError) { try walkName { _ in } }

    /// Appends the name in text form, with a dot at the end.
    mutating func appendName(to text: inout [UInt8]) throws(DNSMessageError) {
        let start = text.count
        try walkName { label in
            for byte in label { text.append(nameByte: byte) }
            text.append(UInt8(ascii: "."))
        }
        if text.count == start { text.append(UInt8(ascii: ".")) }
    }

    /// Passes each label to a body.
    ///
    /// A compression pointer must point to before the part that contains it, so there are no loops. A name has at most
    /// 255 bytes, so the walk ends.
    private mutating func walkName(_ body: (UnsafeRawBufferPointer) -> Void) throws(DNSMessageError) {
        var here = position
        var limit = end
        var partStart = position
        var isBehind = false
        var size = 1
        while true {
            guard here < limit else { throw .short }
            let length = Int(bytes[here])
            switch length {
            case 0:
                if !isBehind { position = here + 1 }
                return
            case 1...63:
                size += length + 1
                guard here + 1 + length < limit else { throw .short }
                guard size <= 255 else { throw .name }
                body(UnsafeRawBufferPointer(rebasing: bytes[here + 1..<here + 1 + length]))
                here += length + 1
            case 0xC0...:
                guard here + 1 < limit else { throw .short }
                let target = (length & 0x3F) << 8 | Int(bytes[here + 1])
                guard target < partStart, target >= DNSQuery.headerSize else { throw .name }
                if !isBehind { position = here + 2 }
                isBehind = true
                here = target
                partStart = target
                // The target of a pointer may be anywhere in the message.
                limit = bytes.count
            default: throw .name
            }
        }
    }
}

extension [UInt8] {
    /// A byte of a label in text form (RFC 4343 §2.1).
    fileprivate mutating func append(nameByte byte: UInt8) {
        switch byte {
        case UInt8(ascii: "."), UInt8(ascii: "\\"), UInt8(ascii: "\""), UInt8(ascii: "("), UInt8(ascii: ")"),
            UInt8(ascii: ";"), UInt8(ascii: "@"), UInt8(ascii: "$"):
            append(UInt8(ascii: "\\"))
            append(byte)
        case 33...126: append(byte)
        default: append(escaped: byte)
        }
    }

    /// `\065`.
    mutating func append(escaped byte: UInt8) {
        append(UInt8(ascii: "\\"))
        append(decimal: Int(byte), width: 3)
    }
}
