import COpenSSL

/// Comparisons whose duration does not depend on the bytes.
package enum ConstantTime {
    /// Whether two texts are equal; the duration depends only on their lengths.
    package static func areEqual(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        left.count == right.count && CRYPTO_memcmp(left, right, left.count) == 0
    }
}
