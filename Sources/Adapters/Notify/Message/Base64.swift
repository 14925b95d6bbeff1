/// Base64 of RFC 4648 §4, with padding.
enum Base64 {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    /// The bytes in base64, on one line.
    static func text(_ bytes: some Collection<UInt8>) -> String {
        var result: [UInt8] = []
        result.reserveCapacity((bytes.count + 2) / 3 * 4)
        var rest = bytes[...]
        while let first = rest.popFirst() {
            let (second, third) = (rest.popFirst(), rest.popFirst())
            let word = Int(first) << 16 | Int(second ?? 0) << 8 | Int(third ?? 0)
            result.append(alphabet[word >> 18])
            result.append(alphabet[word >> 12 & 63])
            result.append(second == nil ? UInt8(ascii: "=") : alphabet[word >> 6 & 63])
            result.append(third == nil ? UInt8(ascii: "=") : alphabet[word & 63])
        }
        return String(decoding: result, as: UTF8.self)
    }
}
