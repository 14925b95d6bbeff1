/// Percent-decoding (RFC 3986 §2.1) of one path segment, query name or query value.
enum PercentDecoding {
    /// The decoded text; nil for a broken escape, a NUL, or bytes that are not valid UTF-8 (including overlong forms).
    static func decode(_ text: Substring, plusIsSpace: Bool = false) -> String? {
        let utf8 = text.utf8
        guard utf8.contains(where: { $0 == UInt8(ascii: "%") || $0 == 0 || (plusIsSpace && $0 == UInt8(ascii: "+")) })
        else { return String(text) }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(utf8.count)
        var iterator = utf8.makeIterator()
        while let byte = iterator.next() {
            switch byte {
            case UInt8(ascii: "%"):
                guard let high = iterator.next()?.hexadecimalValue, let low = iterator.next()?.hexadecimalValue,
                    high | low != 0
                else { return nil }
                bytes.append(high << 4 | low)
            case UInt8(ascii: "+") where plusIsSpace: bytes.append(UInt8(ascii: " "))
            case 0: return nil
            default: bytes.append(byte)
            }
        }
        return String(validating: bytes, as: UTF8.self)
    }

    /// The decoded text of whatever was sent: a `%` without two digits stands for itself, and a NUL or bytes that are
    /// not valid UTF-8 become U+FFFD.
    static func decodeLeniently(_ text: Substring, plusIsSpace: Bool = false) -> String {
        if let text = decode(text, plusIsSpace: plusIsSpace) { return text }
        let utf8 = Array(text.utf8)
        var bytes: [UInt8] = []
        bytes.reserveCapacity(utf8.count)
        var position = 0
        while position < utf8.count {
            var byte = utf8[position]
            position += 1
            if byte == UInt8(ascii: "%"), position + 1 < utf8.count, let high = utf8[position].hexadecimalValue,
                let low = utf8[position + 1].hexadecimalValue
            {
                byte = high << 4 | low
                position += 2
            } else if byte == UInt8(ascii: "+"), plusIsSpace {
                byte = UInt8(ascii: " ")
            }
            if byte == 0 { bytes += "\u{FFFD}".utf8 } else { bytes.append(byte) }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
