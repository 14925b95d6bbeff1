import COpenSSL

/// An OCSP response that a test server sends with its certificate; lives as long as the process.
package final class TestStaple: Sendable {
    /// The status in the response.
    package enum Status: Int32, Sendable {
        case good = 0
        case revoked = 1
        case unknown = 2
    }

    private let bytes: [UInt8]

    /// Any bytes, which need not be a valid response.
    package init(bytes: [UInt8]) { self.bytes = bytes }

    /// A response of an authority about one of its certificates; times are seconds from now.
    ///
    /// Without `to` the response does not say when the next one comes. `namesSigner` adds the authority's certificate.
    package init(
        _ status: Status,
        of certificate: TestCertificate,
        by issuer: TestCertificate,
        from: Int = -60,
        to: Int? = 86_400,
        namesSigner: Bool = true
    ) {
        guard let basic = OCSP_BASICRESP_new(), let id = OCSP_cert_to_id(nil, certificate.x509, issuer.x509),
            let start = X509_gmtime_adj(nil, from)
        else { preconditionFailure("OpenSSL has no memory") }
        let end = to.flatMap { X509_gmtime_adj(nil, $0) }
        let revoked = status == .revoked ? start : nil
        OCSP_basic_add1_status(basic, id, status.rawValue, 0, revoked, start, end)
        OCSP_basic_sign(basic, issuer.x509, issuer.key, EVP_sha256(), nil, namesSigner ? 0 : UInt(OCSP_NOCERTS))
        let response = OCSP_response_create(OCSP_RESPONSE_STATUS_SUCCESSFUL, basic)
        var der: UnsafeMutablePointer<UInt8>?
        let count = i2d_OCSP_RESPONSE(response, &der)
        bytes = Array(UnsafeBufferPointer(start: der, count: max(0, Int(count))))
        CRYPTO_free(der, #file, #line)
        OCSP_RESPONSE_free(response)
        OCSP_BASICRESP_free(basic)
        OCSP_CERTID_free(id)
        ASN1_STRING_free(start)
        ASN1_STRING_free(end)
    }

    /// Makes a server context send it to clients that request it.
    func attach(to context: OpaquePointer) {
        typealias Answer = @convention(c) (OpaquePointer?, UnsafeMutableRawPointer?) -> Int32
        let answer: Answer = { connection, raw in
            guard let raw else { return SSL_TLSEXT_ERR_NOACK }
            // Invariant: `attach` retains the staple for ever.
            let bytes = Unmanaged<TestStaple>.fromOpaque(raw).takeUnretainedValue().bytes
            guard let copy = CRYPTO_malloc(bytes.count, #file, #line) else { return SSL_TLSEXT_ERR_NOACK }
            copy.copyMemory(from: bytes, byteCount: bytes.count)
            SSL_ctrl(connection, SSL_CTRL_SET_TLSEXT_STATUS_REQ_OCSP_RESP, bytes.count, copy)
            return SSL_TLSEXT_ERR_OK
        }
        // Invariant: OpenSSL calls it with the signature above, as the macro SSL_CTX_set_tlsext_status_cb says.
        let plain = unsafeBitCast(answer, to: (@convention(c) () -> Void).self)
        SSL_CTX_callback_ctrl(context, SSL_CTRL_SET_TLSEXT_STATUS_REQ_CB, plain)
        let me = Unmanaged.passRetained(self).toOpaque()
        SSL_CTX_ctrl(context, SSL_CTRL_SET_TLSEXT_STATUS_REQ_CB_ARG, 0, me)
    }
}
