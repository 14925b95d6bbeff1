import COpenSSL

/// Authenticated encryption with AES-256 (NIST SP 800-38D): a changed ciphertext cannot be opened.
package enum AESGCM {
    package static let keyCount = 32
    package static let nonceCount = 12
    package static let tagCount = 16
    /// The largest plain text, in bytes; far below the cipher's own limit.
    package static let plainLimit = 1 << 24

    /// Returns the ciphertext followed by the tag; `associated` is not part of it, but opening needs the same value.
    ///
    /// Never use a nonce twice with one key.
    package static func seal(_ plain: [UInt8], key: [UInt8], nonce: [UInt8], associated: [UInt8]) -> [UInt8] {
        check(plain.count, key, nonce, associated)
        let context = makeContext()
        defer { EVP_CIPHER_CTX_free(context) }
        var sealed = [UInt8](repeating: 0, count: plain.count + tagCount)
        var (written, ended) = (Int32(0), Int32(0))
        let isSealed = sealed.withUnsafeMutableBufferPointer { output in
            EVP_EncryptInit_ex(context, EVP_aes_256_gcm(), nil, key, nonce) == 1
                && EVP_EncryptUpdate(context, nil, &written, associated, Int32(associated.count)) == 1
                && EVP_EncryptUpdate(context, output.baseAddress, &written, plain, Int32(plain.count)) == 1
                && EVP_EncryptFinal_ex(context, output.baseAddress.map { $0 + Int(written) }, &ended) == 1
                && EVP_CIPHER_CTX_ctrl(
                    context,
                    EVP_CTRL_AEAD_GET_TAG,
                    Int32(tagCount),
                    output.baseAddress.map { $0 + plain.count }
                ) == 1
        }
        precondition(isSealed, "OpenSSL has no AES-256-GCM")
        return sealed
    }

    /// Returns the plain text; nil when the key, the nonce, the associated data or any byte differs.
    package static func open(_ sealed: [UInt8], key: [UInt8], nonce: [UInt8], associated: [UInt8]) -> [UInt8]? {
        guard sealed.count >= tagCount, sealed.count - tagCount <= plainLimit else { return nil }
        let count = sealed.count - tagCount
        check(count, key, nonce, associated)
        let context = makeContext()
        // Clears OpenSSL's error queue: the next connection on this thread must not see an old error.
        defer {
            EVP_CIPHER_CTX_free(context)
            ERR_clear_error()
        }
        var tag = Array(sealed[count...])
        // One byte more than needed: an empty array has no address.
        var plain = [UInt8](repeating: 0, count: count + 1)
        var (written, ended) = (Int32(0), Int32(0))
        let isOpen = plain.withUnsafeMutableBufferPointer { output in
            EVP_DecryptInit_ex(context, EVP_aes_256_gcm(), nil, key, nonce) == 1
                && EVP_DecryptUpdate(context, nil, &written, associated, Int32(associated.count)) == 1
                && EVP_DecryptUpdate(context, output.baseAddress, &written, sealed, Int32(count)) == 1
                && EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, Int32(tagCount), &tag) == 1
                && EVP_DecryptFinal_ex(context, output.baseAddress.map { $0 + Int(written) }, &ended) == 1
        }
        return isOpen ? Array(plain.prefix(count)) : nil
    }

    private static func check(_ count: Int, _ key: [UInt8], _ nonce: [UInt8], _ associated: [UInt8]) {
        precondition(count <= plainLimit && associated.count <= plainLimit, "too long to be sealed at once")
        precondition(key.count == keyCount && nonce.count == nonceCount, "a key or nonce of another length")
    }

    private static func makeContext() -> OpaquePointer {
        guard let context = EVP_CIPHER_CTX_new() else { preconditionFailure("OpenSSL has no memory") }
        return context
    }
}
