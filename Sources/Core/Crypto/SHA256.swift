import COpenSSL

/// The hash of FIPS 180-4.
package enum SHA256 {
    /// The 32 bytes of the hash.
    package static func digest(_ data: [UInt8]) -> [UInt8] {
        var digest = [UInt8](repeating: 0, count: 32)
        precondition(EVP_Digest(data, data.count, &digest, nil, EVP_sha256(), nil) == 1, "OpenSSL has no SHA-256")
        return digest
    }
}
