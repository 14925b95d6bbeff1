import COpenSSL

/// Keyed hashes (RFC 2104), which prove that the sender knows the key.
package enum HMAC {
    /// The 32 bytes of HMAC-SHA256.
    package static func sha256(key: [UInt8], data: [UInt8]) -> [UInt8] {
        var code = [UInt8](repeating: 0, count: 32)
        var count = 0
        // An empty array may have a null address, which would mean "no key".
        let bytes = key.isEmpty ? [0] : key
        let isMade = EVP_Q_mac(
            nil,
            "HMAC",
            nil,
            "SHA256",
            nil,
            bytes,
            key.count,
            data,
            data.count,
            &code,
            code.count,
            &count
        )
        precondition(isMade != nil && count == 32, "OpenSSL has no HMAC-SHA256")
        return code
    }
}
