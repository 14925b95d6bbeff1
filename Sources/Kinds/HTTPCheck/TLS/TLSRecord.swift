import Base
import COpenSSL
import Checks

/// What one TLS connection told: its certificate, its faults and its alerts.
///
/// OpenSSL points at it from the connection's context, so it outlives the connection.
final class TLSRecord {
    /// Name or address that the certificate must be for.
    private(set) var host = ""
    /// The name to ask the server for in place of the URL's; nil leaves it to libcurl.
    private(set) var serverName: String?
    var verifies = true
    /// Text after "certificate" when verification failed; the worst fault.
    private(set) var fault: Int32 = 0
    private(set) var faultText: String?
    var facts: CertificateFacts?
    /// Numbers of RFC 8446 §6.
    private(set) var receivedAlert: Int32?
    private(set) var sentAlert: Int32?
    /// Whether the server asked for a client certificate.
    private(set) var wantsClientCertificate = false
    var startedAt: MonotonicTime?

    /// Forgets the last connection; `host` may end in the dot that DNS allows and certificates do not have.
    func reset(host: String, serverName: String? = nil, verifies: Bool) {
        let name = serverName ?? host
        self.host = name.hasSuffix(".") ? String(name.dropLast()) : name
        self.serverName = serverName
        self.verifies = verifies
        (fault, faultText, facts, receivedAlert, sentAlert, startedAt) = (0, nil, nil, nil, nil, nil)
        wantsClientCertificate = false
    }

    // Invariant of all pointers below: the record outlives the SSL_CTX that carries its address.
    private static let contextIndex = CRYPTO_get_ex_new_index(CRYPTO_EX_INDEX_SSL_CTX, 0, nil, nil, nil, nil)
    private static let verifyIndex = CRYPTO_get_ex_new_index(CRYPTO_EX_INDEX_X509_STORE_CTX, 0, nil, nil, nil, nil)

    /// Has a context use the authorities and report here.
    func attach(to context: OpaquePointer, store: OpaquePointer?) {
        startedAt = .now
        if let store { SSL_CTX_set1_cert_store(context, store) }
        // Invariant: the object outlives the handle that calls.
        let me = Unmanaged.passUnretained(self).toOpaque()
        SSL_CTX_set_ex_data(context, Self.contextIndex, me)
        SSL_CTX_set_cert_verify_callback(
            context,
            { verification, raw in
                guard let verification, let raw else { return 0 }
                // Invariant: the object outlives the handle that calls.
                return Unmanaged<TLSRecord>.fromOpaque(raw).takeUnretainedValue().verify(verification)
            },
            me
        )
        SSL_CTX_set_info_callback(context) { connection, event, value in
            guard let connection, let context = SSL_get_SSL_CTX(connection),
                let raw = SSL_CTX_get_ex_data(context, TLSRecord.contextIndex)
            else { return }
            // Invariant: the object outlives the handle that calls.
            Unmanaged<TLSRecord>.fromOpaque(raw).takeUnretainedValue().note(connection, event, value)
        }
    }

    private func note(_ connection: OpaquePointer, _ event: Int32, _ value: Int32) {
        if event & SSL_CB_HANDSHAKE_START != 0 {
            // Before the ClientHello is written, and after libcurl set the URL's name.
            serverName?.withCString { name in
                let name = UnsafeMutableRawPointer(mutating: name)
                _ = SSL_ctrl(connection, SSL_CTRL_SET_TLSEXT_HOSTNAME, Int(TLSEXT_NAMETYPE_host_name), name)
            }
        } else if event & SSL_CB_ALERT != 0 {
            // Close-notify is no complaint.
            guard value & 0xFF != 0 else { return }
            if event & SSL_CB_READ != 0 { receivedAlert = value & 0xFF } else { sentAlert = value & 0xFF }
        } else if event & SSL_CB_LOOP != 0, SSL_get_state(connection) == TLS_ST_CR_CERT_REQ {
            wantsClientCertificate = true
        }
    }

    private func verify(_ verification: OpaquePointer) -> Int32 {
        (fault, faultText) = (0, nil)
        let parameters = X509_STORE_CTX_get0_param(verification)
        // As browsers do: a name in the subject alone is none, and a wildcard stands for a whole label.
        X509_VERIFY_PARAM_set_hostflags(
            parameters,
            UInt32(X509_CHECK_FLAG_NEVER_CHECK_SUBJECT | X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS)
        )
        if X509_VERIFY_PARAM_set1_ip_asc(parameters, host) != 1 {
            ERR_clear_error()
            X509_VERIFY_PARAM_set1_host(parameters, host, host.utf8.count)
        }
        // Invariant: the object outlives the handle that calls.
        X509_STORE_CTX_set_ex_data(verification, Self.verifyIndex, Unmanaged.passUnretained(self).toOpaque())
        X509_STORE_CTX_set_verify_cb(verification) { isFine, verification in
            guard isFine == 0, let verification,
                let raw = X509_STORE_CTX_get_ex_data(verification, TLSRecord.verifyIndex)
            else { return isFine }
            // Invariant: the object outlives the handle that calls.
            Unmanaged<TLSRecord>.fromOpaque(raw).takeUnretainedValue().blame(verification)
            return 1  // look on: the worst fault counts, not the first
        }
        let isVerified = X509_verify_cert(verification) == 1
        if !isVerified, fault == 0 { blame(verification) }
        facts = CertificateReader.facts(
            leaf: X509_STORE_CTX_get0_cert(verification),
            presented: X509_STORE_CTX_get0_untrusted(verification),
            verified: fault == 0 ? X509_STORE_CTX_get0_chain(verification) : nil,
            problem: faultText
        )
        X509_STORE_CTX_set_error(verification, fault)
        return fault == 0 || !verifies ? 1 : 0
    }

    private func blame(_ verification: OpaquePointer) {
        let code = X509_STORE_CTX_get_error(verification)
        // A missing list for one issuer says nothing about the certificate.
        guard code != X509_V_ERR_UNABLE_TO_GET_CRL else { return }
        guard fault == 0 || Self.weight(code) > Self.weight(fault) else { return }
        fault = code
        faultText = X509_verify_cert_error_string(Int(code)).map { String(cString: $0) } ?? "certificate fault \(code)"
    }

    private static func weight(_ code: Int32) -> Int {
        switch TLSRecord.reason(ofFault: code) {
        case .tlsRevoked: 6
        case .tlsExpired: 5
        case .tlsNotYetValid: 4
        case .tlsSelfSigned: 3
        case .tlsUntrusted: 2
        default: 1
        }
    }

    /// The reason for a verifier's error code.
    static func reason(ofFault code: Int32) -> Reason {
        switch code {
        case X509_V_ERR_CERT_HAS_EXPIRED: .tlsExpired
        case X509_V_ERR_CERT_NOT_YET_VALID: .tlsNotYetValid
        case X509_V_ERR_CERT_REVOKED: .tlsRevoked
        case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT: .tlsSelfSigned
        case X509_V_ERR_HOSTNAME_MISMATCH, X509_V_ERR_IP_ADDRESS_MISMATCH: .tlsHostname
        default: .tlsUntrusted
        }
    }
}
