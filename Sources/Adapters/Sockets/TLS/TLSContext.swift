import COpenSSL

/// The OpenSSL settings shared by all TLS connections of a loop; other settings are set on each connection.
///
/// Not Sendable: confined to its loop.
final class TLSContext {
    let handle: OpaquePointer

    /// nil when OpenSSL has no memory.
    init?() {
        guard let handle = SSL_CTX_new(TLS_client_method()) else { return nil }
        self.handle = handle
        // The macros SSL_CTX_set_min_proto_version, SSL_CTX_set_mode and SSL_CTX_set_session_cache_mode.
        SSL_CTX_ctrl(handle, SSL_CTRL_SET_MIN_PROTO_VERSION, Int(TLS1_2_VERSION), nil)
        SSL_CTX_ctrl(
            handle,
            SSL_CTRL_MODE,
            Int(SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS),
            nil
        )
        SSL_CTX_ctrl(handle, SSL_CTRL_SET_SESS_CACHE_MODE, Int(SSL_SESS_CACHE_OFF), nil)
        // The record decides whether the handshake goes on, in its own callback, which checks every certificate.
        SSL_CTX_set_verify(handle, SSL_VERIFY_PEER, nil)
        // Prevents a prompt on the terminal for a key with a pass phrase.
        SSL_CTX_set_default_passwd_cb(handle) { _, _, _, _ in 0 }
        TLSRecord.listen(to: handle)
    }

    deinit { SSL_CTX_free(handle) }
}
