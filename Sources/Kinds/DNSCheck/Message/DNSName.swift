package import Base

/// Converts names as people write them to their form in messages (RFC 1035 §3.1, §5.1).
package enum DNSName {
    /// Why a text is not a valid name.
    package enum ParseError: Error, Sendable, Equatable {
        case empty
        case notASCII
        case emptyLabel
        case longLabel
        case longName
        case badEscape
    }

    /// Lengths and labels, ended by a zero; throws why the name is invalid.
    ///
    /// A dot may end the name. `\.` and `\065` stand for bytes inside a label.
    package static func encode(_ text: String) throws(ParseError) -> [UInt8] {
        guard !text.isEmpty else { throw .empty }
        if text == "." { return [0] }
        var bytes: [UInt8] = [0]
        var start = 0
        var characters = text.utf8.makeIterator()
        while let character = characters.next() {
            guard character < 128, character > 32, character != 127 else { throw .notASCII }
            if character == UInt8(ascii: ".") {
                try close(&bytes, start)
                start = bytes.count
                bytes.append(0)
            } else if character == UInt8(ascii: "\\") {
                bytes.append(try escaped(&characters))
            } else {
                bytes.append(character)
            }
        }
        if bytes.count > start + 1 {
            try close(&bytes, start)
            bytes.append(0)
        }
        guard bytes.count <= 255 else { throw .longName }
        return bytes
    }

    /// An encoded name as text, with a dot at the end.
    static func text(_ encoded: [UInt8]) -> String {
        var text: [UInt8] = []
        encoded.withUnsafeBytes { bytes in
            var reader = MessageReader(bytes)
            // A name from `encode` is always valid.
            try? reader.appendName(to: &text)
        }
        return String(decoding: text, as: UTF8.self)
    }

    private static func close(_ bytes: inout [UInt8], _ start: Int) throws(ParseError) {
        let count = bytes.count - start - 1
        guard count > 0 else { throw .emptyLabel }
        guard count <= 63 else { throw .longLabel }
        bytes[start] = UInt8(count)
    }

    private static func escaped(_ characters: inout String.UTF8View.Iterator) throws(ParseError) -> UInt8 {
        guard let first = characters.next(), first > 32, first < 127 else { throw .badEscape }
        guard first &- 48 <= 9 else { return first }
        guard let second = characters.next(), let third = characters.next(), second &- 48 <= 9, third &- 48 <= 9 else {
            throw .badEscape
        }
        let value = Int(first - 48) * 100 + Int(second - 48) * 10 + Int(third - 48)
        guard let byte = UInt8(exactly: value) else { throw .badEscape }
        return byte
    }

    /// The name of an address's PTR record: `1.2.0.192.in-addr.arpa`.
    package static func reverse(_ address: IPAddress) -> String {
        switch address.family {
        case .v4:
            let value = address.low
            return "\(value & 255).\(value >> 8 & 255).\(value >> 16 & 255).\(value >> 24 & 255).in-addr.arpa"
        case .v6:
            let nibbles = (0..<32).map { index in
                let half = index < 16 ? address.low : address.high
                return String(half >> UInt64(index % 16 * 4) & 15, radix: 16)
            }
            return nibbles.joined(separator: ".") + ".ip6.arpa"
        }
    }
}

extension DNSName.ParseError: CustomStringConvertible {
    /// Completes a sentence that begins with "the name".
    package var description: String {
        switch self {
        case .empty: "is empty"
        case .notASCII: "has a space or a character other than ASCII; give an internationalised name in its xn-- form"
        case .emptyLabel: "has an empty part between two dots"
        case .longLabel: "has a part between dots that is longer than 63 bytes"
        case .longName: "is longer than 255 bytes"
        case .badEscape: "has a backslash that is followed by neither a character nor three digits up to 255"
        }
    }
}
