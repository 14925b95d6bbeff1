import COpenSSL

/// Bytes that nobody can foretell.
package enum RandomBytes {
    /// Fit for keys and tokens; stops the process when the system has none.
    package static func make(_ count: Int) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        precondition(RAND_bytes(&bytes, Int32(count)) == 1, "the system gives no random bytes")
        return bytes
    }
}
