import COpenSSL

/// Comparisons whose duration tells nothing about the bytes.
package enum ConstantTime {
    /// Whether two texts are the same; takes as long whichever byte differs, only the lengths show.
    package static func areEqual(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        left.count == right.count && CRYPTO_memcmp(left, right, left.count) == 0
    }
}
