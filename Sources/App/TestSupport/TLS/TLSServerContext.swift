import COpenSSL
import Glibc

/// A server's TLS settings; shared by its threads.
///
/// Invariant: written only in `init`; OpenSSL locks an SSL_CTX by itself.
package final class TLSServerContext: @unchecked Sendable {
    private let context: OpaquePointer

    /// Uses a certificate and sends `others` with it; without one only anonymous ciphers remain.
    ///
    /// With `clientAuthority` it requires a client certificate from that authority.
    package init(
        _ certificate: TestCertificate?,
        clientAuthority: TestCertificate? = nil,
        sending others: [TestCertificate] = [],
        maximumVersion: Int32 = TLS1_3_VERSION,
        staple: TestStaple? = nil,
        isWeak: Bool = false,
        agreesOnProtocol: Bool = false
    ) {
        guard let context = SSL_CTX_new(TLS_server_method()) else { preconditionFailure("no TLS context") }
        self.context = context
        if maximumVersion < TLS1_2_VERSION || isWeak {
            SSL_CTX_set_security_level(context, 0)
            SSL_CTX_set_cipher_list(context, "ALL:@SECLEVEL=0")
            SSL_CTX_ctrl(context, SSL_CTRL_SET_MIN_PROTO_VERSION, Int(TLS1_VERSION), nil)
        }
        SSL_CTX_ctrl(context, SSL_CTRL_SET_MAX_PROTO_VERSION, Int(maximumVersion), nil)
        if let certificate {
            SSL_CTX_use_certificate(context, certificate.x509)
            SSL_CTX_use_PrivateKey(context, certificate.key)
        } else {
            // The macro SSL_CTX_set_dh_auto.
            SSL_CTX_ctrl(context, SSL_CTRL_SET_DH_AUTO, 1, nil)
        }
        if let staple { staple.attach(to: context) }
        if agreesOnProtocol { Self.agreeOnFirstProtocol(context) }
        for other in others {
            // The context takes ownership of the reference.
            X509_up_ref(other.x509)
            SSL_CTX_ctrl(context, SSL_CTRL_EXTRA_CHAIN_CERT, 0, UnsafeMutableRawPointer(other.x509))
        }
        guard let clientAuthority else { return }
        X509_STORE_add_cert(SSL_CTX_get_cert_store(context), clientAuthority.x509)
        SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nil)
    }

    deinit { SSL_CTX_free(context) }

    private static func agreeOnFirstProtocol(_ context: OpaquePointer) {
        SSL_CTX_set_alpn_select_cb(
            context,
            { _, selected, count, offered, size, _ in
                // Selects the first offered protocol.
                guard let selected, let count, let offered, size > 1 else { return SSL_TLSEXT_ERR_NOACK }
                selected.pointee = offered + 1
                count.pointee = offered[0]
                return SSL_TLSEXT_ERR_OK
            },
            nil
        )
    }

    /// Runs the handshake; nil when it fails.
    func accept(_ descriptor: Int32) -> OpaquePointer? {
        guard let session = SSL_new(context) else { return nil }
        SSL_set_fd(session, descriptor)
        if SSL_accept(session) == 1 { return session }
        SSL_free(session)
        ERR_clear_error()
        return nil
    }
}
