import COpenSSL

/// The OpenSSL settings that all TLS connections of a loop share; what differs is set on each connection.
///
/// Not Sendable: lives on its loop.
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
        // Not the number: the record's verdict ends the handshake, so every certificate is looked at.
        SSL_CTX_set_verify(handle, SSL_VERIFY_PEER, nil)
        // A key with a pass phrase must not ask on the terminal.
        SSL_CTX_set_default_passwd_cb(handle) { _, _, _, _ in 0 }
        TLSRecord.listen(to: handle)
    }

    deinit { SSL_CTX_free(handle) }
}
