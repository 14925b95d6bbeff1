import COpenSSL

/// SHA-256 computed by OpenSSL.
enum SHA256 {
    /// 64 lower-case hexadecimal digits.
    static func hex(_ bytes: [UInt8]) -> String {
        var digest = [UInt8](repeating: 0, count: 32)
        COpenSSL.SHA256(bytes, bytes.count, &digest)
        return hexadecimal(digest)
    }

    /// HMAC-SHA256 in 64 lower-case hexadecimal digits.
    static func authenticationCode(_ bytes: [UInt8], key: [UInt8]) -> String {
        var digest = [UInt8](repeating: 0, count: 32)
        var count: UInt32 = 0
        HMAC(EVP_sha256(), key, Int32(clamping: key.count), bytes, bytes.count, &digest, &count)
        return hexadecimal(digest)
    }

    private static func hexadecimal(_ digest: [UInt8]) -> String {
        var digits: [UInt8] = []
        for byte in digest {
            for nibble in [byte >> 4, byte & 15] { digits.append(nibble < 10 ? 48 + nibble : 87 + nibble) }
        }
        return String(decoding: digits, as: UTF8.self)
    }
}
