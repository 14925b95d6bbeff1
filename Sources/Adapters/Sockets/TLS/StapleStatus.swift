import COpenSSL

/// The status of the OCSP response that was stapled to the certificate.
package enum StapleStatus: Sendable, Equatable {
    /// The server sent no response.
    case missing
    case good
    case revoked
    /// The responder does not know the certificate.
    case unknown
    /// The response cannot be trusted; says why.
    case invalid(String)

    /// One word for the facts of a check.
    package var word: String {
        switch self {
        case .missing: "none"
        case .good: "good"
        case .revoked: "revoked"
        case .unknown: "unknown"
        case .invalid: "invalid"
        }
    }

    /// The accepted clock difference in seconds.
    private static let tolerance = 300
    /// How long a response that does not say when the next one comes is current, in seconds: 7 days.
    private static let openEndedLifetime = 604_800

    init(connection: OpaquePointer, store: OpaquePointer?) {
        defer { ERR_clear_error() }
        var bytes: UnsafePointer<UInt8>?
        // The macro SSL_get_tlsext_status_ocsp_resp.
        let count = withUnsafeMutablePointer(to: &bytes) { pointer in
            SSL_ctrl(connection, SSL_CTRL_GET_TLSEXT_STATUS_REQ_OCSP_RESP, 0, UnsafeMutableRawPointer(pointer))
        }
        guard count > 0, bytes != nil else {
            self = .missing
            return
        }
        guard let response = d2i_OCSP_RESPONSE(nil, &bytes, count) else {
            self = .invalid("it is malformed")
            return
        }
        defer { OCSP_RESPONSE_free(response) }
        guard OCSP_response_status(response) == OCSP_RESPONSE_STATUS_SUCCESSFUL,
            let basic = OCSP_response_get1_basic(response)
        else {
            self = .invalid("the responder failed")
            return
        }
        defer { OCSP_BASICRESP_free(basic) }
        // The verified chain also has the authority, which servers do not send.
        let isVerified = [SSL_get0_verified_chain(connection), SSL_get_peer_cert_chain(connection)].contains { chain in
            chain.map { OCSP_basic_verify(basic, $0, store, 0) == 1 } ?? false
        }
        guard isVerified else {
            self = .invalid("its signature cannot be verified")
            return
        }
        self = Self.status(of: connection, in: basic)
    }

    private static func status(of connection: OpaquePointer, in basic: OpaquePointer) -> StapleStatus {
        let chain = SSL_get0_verified_chain(connection) ?? SSL_get_peer_cert_chain(connection)
        guard let leaf = SSL_get0_peer_certificate(connection), chain.map({ OPENSSL_sk_num($0) }) ?? 0 > 1,
            let issuer = OPENSSL_sk_value(chain, 1)
        else { return .invalid("the certificate's issuer is not known") }
        var status: Int32 = 0
        var start: UnsafeMutablePointer<ASN1_GENERALIZEDTIME>?
        var end: UnsafeMutablePointer<ASN1_GENERALIZEDTIME>?
        // Responders identify certificates by either digest.
        let isFound = [EVP_sha1(), EVP_sha256()].contains { digest in
            guard let id = OCSP_cert_to_id(digest, leaf, OpaquePointer(issuer)) else { return false }
            defer { OCSP_CERTID_free(id) }
            return OCSP_resp_find_status(basic, id, &status, nil, nil, &start, &end) == 1
        }
        guard isFound else { return .invalid("it is not for this certificate") }
        let oldest = end == nil ? openEndedLifetime : -1
        guard OCSP_check_validity(start, end, tolerance, oldest) == 1 else { return .invalid("it is out of date") }
        switch status {
        case V_OCSP_CERTSTATUS_GOOD: return .good
        case V_OCSP_CERTSTATUS_REVOKED: return .revoked
        default: return .unknown
        }
    }
}
