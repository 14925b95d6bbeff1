import Base

/// Why bytes are no DNS message.
package enum MessageFault: Error, Sendable, Equatable {
    /// It ends within something.
    case short
    /// A name is too long, has a bad length or points to where it may not.
    case name
    /// The data of a record does not fit its type.
    case data(type: UInt16)
    /// It has more records than any right answer.
    case tooManyRecords
    /// It does not repeat the question.
    case question
    /// It is not an answer.
    case notAnAnswer
}

extension MessageFault: CustomStringConvertible {
    /// In words that stand after "the answer".
    package var description: String {
        switch self {
        case .short: "is cut short"
        case .name: "holds a malformed name"
        case .data(let type): "holds a malformed \(RecordType.name(of: type)) record"
        case .tooManyRecords: "has more than \(DNSMessage.recordLimit) records"
        case .question: "does not repeat the question"
        case .notAnAnswer: "is not an answer"
        }
    }
}

/// Reads the parts of a message one after the other; nothing is read beyond its end.
struct MessageReader {
    let bytes: UnsafeRawBufferPointer
    private(set) var position: Int
    /// Where reading ends: the message's end, or that of a record's data.
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

    /// A reader of the next bytes alone; this one goes on behind them.
    mutating func part(_ count: Int) throws(MessageFault) -> MessageReader {
        guard count <= left else { throw .short }
        defer { position += count }
        return MessageReader(bytes, position..<position + count)
    }

    mutating func u8() throws(MessageFault) -> UInt8 {
        guard left >= 1 else { throw .short }
        defer { position += 1 }
        return bytes[position]
    }

    mutating func u16() throws(MessageFault) -> UInt16 {
        guard left >= 2 else { throw .short }
        defer { position += 2 }
        return UInt16(bytes[position]) << 8 | UInt16(bytes[position + 1])
    }

    mutating func u32() throws(MessageFault) -> UInt32 {
        let high = try u16()
        return UInt32(high) << 16 | UInt32(try u16())
    }

    mutating func rest() -> UnsafeRawBufferPointer {
        defer { position = end }
        return UnsafeRawBufferPointer(rebasing: bytes[position..<end])
    }

    mutating func take(_ count: Int) throws(MessageFault) -> UnsafeRawBufferPointer {
        var part = try part(count)
        return part.rest()
    }

    // MARK: Names

    mutating func skipName() throws(MessageFault) { try walkName { _ in } }

    /// Appends the name as people write it, with a dot at the end.
    mutating func appendName(to text: inout [UInt8]) throws(MessageFault) {
        let start = text.count
        try walkName { label in
            for byte in label { text.append(nameByte: byte) }
            text.append(UInt8(ascii: "."))
        }
        if text.count == start { text.append(UInt8(ascii: ".")) }
    }

    /// Hands on each label.
    ///
    /// A pointer must lead to before the part that it stands in, so there are no rounds, and a
    /// name has 255 bytes at most, so there is an end.
    private mutating func walkName(_ body: (UnsafeRawBufferPointer) -> Void) throws(MessageFault) {
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
                // What is pointed to stands anywhere in the message.
                limit = bytes.count
            default: throw .name
            }
        }
    }
}

extension [UInt8] {
    /// A byte of a label as people write it (RFC 4343 §2.1).
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
