import COpenSSL

/// Unpredictable bytes.
package enum RandomBytes {
    /// Suitable for keys and tokens; stops the process when the system cannot provide any.
    package static func make(_ count: Int) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        precondition(RAND_bytes(&bytes, Int32(count)) == 1, "the system gives no random bytes")
        return bytes
    }
}
