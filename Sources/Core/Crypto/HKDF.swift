/// Derives keys for separate purposes from one secret (RFC 5869).
package enum HKDF {
    /// Derives `count` bytes, at most 8160; neither salt nor info need be secret.
    package static func sha256(secret: [UInt8], salt: [UInt8], info: [UInt8], count: Int) -> [UInt8] {
        precondition((0...255 * 32).contains(count), "too long for HKDF")
        let key = HMAC.sha256(key: salt, data: secret)
        var (derived, block): ([UInt8], [UInt8]) = ([], [])
        var index: UInt8 = 0
        while derived.count < count {
            index += 1
            block = HMAC.sha256(key: key, data: block + info + [index])
            derived += block
        }
        return Array(derived.prefix(count))
    }
}
