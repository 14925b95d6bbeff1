/// Percent-encoding (RFC 3986 §2.1).
package enum PercentEncoding {
    /// Why a percent-encoded text cannot be read.
    package enum DecodingError: Error, Sendable, Equatable {
        /// A '%' is not followed by two hexadecimal digits.
        case digits
        /// The bytes are not UTF-8.
        case encoding
    }

    /// Decodes a text.
    package static func decode(_ text: Substring) throws(DecodingError) -> String {
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard let high = rest.popFirst().flatMap(digit), let low = rest.popFirst().flatMap(digit) else {
                throw .digits
            }
            bytes.append(high << 4 | low)
        }
        guard let value = String(validating: bytes, as: UTF8.self) else { throw .encoding }
        return value
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
