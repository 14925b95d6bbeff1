/// The body of an HTML form: `application/x-www-form-urlencoded`.
enum FormBody {
    /// Everything but letters, digits and `-._~` is escaped.
    static func bytes(_ fields: [(name: String, value: String)]) -> [UInt8] {
        var bytes: [UInt8] = []
        for (name, value) in fields {
            if !bytes.isEmpty { bytes.append(UInt8(ascii: "&")) }
            escape(name, into: &bytes)
            bytes.append(UInt8(ascii: "="))
            escape(value, into: &bytes)
        }
        return bytes
    }

    private static func escape(_ text: String, into bytes: inout [UInt8]) {
        let digits = Array("0123456789ABCDEF".utf8)
        for byte in text.utf8 {
            if byte &- 97 < 26 || byte &- 65 < 26 || byte &- 48 <= 9 || [45, 46, 95, 126].contains(byte) {
                bytes.append(byte)
            } else {
                bytes += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
    }
}
