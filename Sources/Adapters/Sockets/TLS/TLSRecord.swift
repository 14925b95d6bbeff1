package import Base
import COpenSSL
package import Checks

/// The facts of one TLS connection: its certificate, its verification errors and its alerts.
///
/// OpenSSL holds a pointer to it in the connection or its context, so it must outlive the connection.
package final class TLSRecord {
    /// The name or address that the certificate must cover.
    private var host = ""
    /// The SNI to send in place of the connection's own; nil leaves it as it is.
    private var serverName: String?
    package private(set) var verifies = true
    /// Whether `links` is filled.
    private var wantsLinks = false
    /// The verifier's code of the worst error; 0 without one.
    package private(set) var fault: Int32 = 0
    /// The error in words that follow "certificate: "; nil without one.
    package private(set) var faultText: String?
    package private(set) var facts: CertificateFacts?
    /// The chain as verified, leaf first, or as far as it could be built.
    package private(set) var links: [CertificateLink] = []
    /// Numbers of RFC 8446 §6.
    package private(set) var receivedAlert: Int32?
    package private(set) var sentAlert: Int32?
    /// Whether the server asked for a client certificate.
    package private(set) var wantsClientCertificate = false
    /// Whether the server sent a session ticket after the handshake.
    private(set) var hasTicket = false
    package private(set) var startedAt: MonotonicTime?
    /// The protocol's number on the wire, 0x0304 for TLS 1.3; 0 before the handshake is done.
    package private(set) var version: Int32 = 0

    /// Whether both sides agreed on HTTP/2 with ALPN.
    package private(set) var speaksHTTP2 = false

    package init() {}

    /// Resets it for another connection; `host` may end in the dot that DNS allows and certificates do not have.
    package func reset(host: String, serverName: String? = nil, verifies: Bool, wantsLinks: Bool = false) {
        let name = serverName ?? host
        self.host = name.hasSuffix(".") ? String(name.dropLast()) : name
        self.serverName = serverName
        self.verifies = verifies
        self.wantsLinks = wantsLinks
        fault = 0
        faultText = nil
        facts = nil
        links = []
        receivedAlert = nil
        sentAlert = nil
        startedAt = nil
        wantsClientCertificate = false
        hasTicket = false
        version = 0
        speaksHTTP2 = false
    }

    // Invariant of all pointers below: the record outlives the SSL_CTX or SSL that carries its address.
    private static let contextIndex = CRYPTO_get_ex_new_index(CRYPTO_EX_INDEX_SSL_CTX, 0, nil, nil, nil, nil)
    private static let connectionIndex = CRYPTO_get_ex_new_index(CRYPTO_EX_INDEX_SSL, 0, nil, nil, nil, nil)
    private static let verifyIndex = CRYPTO_get_ex_new_index(CRYPTO_EX_INDEX_X509_STORE_CTX, 0, nil, nil, nil, nil)

    /// Makes the connections of a context use the authorities and report here.
    package func attach(to context: OpaquePointer, store: OpaquePointer?) {
        startedAt = .now
        if let store { SSL_CTX_set1_cert_store(context, store) }
        // Invariant: the object outlives the handle that calls.
        SSL_CTX_set_ex_data(context, Self.contextIndex, Unmanaged.passUnretained(self).toOpaque())
        Self.listen(to: context)
    }

    /// Makes one connection use the authorities and report here; its context must have been passed to `listen`.
    func attach(toConnection connection: OpaquePointer, store: OpaquePointer?) {
        startedAt = .now
        if let store {
            // The macro SSL_set1_verify_cert_store.
            SSL_ctrl(connection, SSL_CTRL_SET_VERIFY_CERT_STORE, 1, UnsafeMutableRawPointer(store))
        }
        // Invariant: the object outlives the handle that calls.
        SSL_set_ex_data(connection, Self.connectionIndex, Unmanaged.passUnretained(self).toOpaque())
    }

    /// Makes a context call the records of its connections, or its own record.
    static func listen(to context: OpaquePointer) {
        SSL_CTX_set_cert_verify_callback(
            context,
            { verification, _ in
                guard let verification,
                    let raw = X509_STORE_CTX_get_ex_data(verification, SSL_get_ex_data_X509_STORE_CTX_idx()),
                    let record = TLSRecord.of(OpaquePointer(raw))
                else { return 0 }
                return record.verify(verification)
            },
            nil
        )
        SSL_CTX_set_info_callback(context) { connection, event, value in
            guard let connection, let record = TLSRecord.of(connection) else { return }
            record.note(connection, event, value)
        }
    }

    private static func of(_ connection: OpaquePointer) -> TLSRecord? {
        let own = SSL_get_ex_data(connection, connectionIndex)
        let shared = SSL_get_SSL_CTX(connection).flatMap { SSL_CTX_get_ex_data($0, contextIndex) }
        // Invariant: the object outlives the handle that calls.
        return (own ?? shared).map { Unmanaged<TLSRecord>.fromOpaque($0).takeUnretainedValue() }
    }

    private func note(_ connection: OpaquePointer, _ event: Int32, _ value: Int32) {
        if event & SSL_CB_HANDSHAKE_START != 0 {
            // Before the ClientHello is written, and after libcurl set the name from the URL.
            serverName?.withCString { name in
                let name = UnsafeMutableRawPointer(mutating: name)
                _ = SSL_ctrl(connection, SSL_CTRL_SET_TLSEXT_HOSTNAME, Int(TLSEXT_NAMETYPE_host_name), name)
            }
        } else if event & SSL_CB_HANDSHAKE_DONE != 0 {
            version = SSL_version(connection)
            var name: UnsafePointer<UInt8>?
            var count: UInt32 = 0
            SSL_get0_alpn_selected(connection, &name, &count)
            // Invariant: OpenSSL keeps `count` bytes at `name` as long as the connection.
            speaksHTTP2 = UnsafeBufferPointer(start: name, count: Int(count)).elementsEqual("h2".utf8)
        } else if event & SSL_CB_ALERT != 0 {
            // A close-notify alert is not an error.
            guard value & 0xFF != 0 else { return }
            if event & SSL_CB_READ != 0 { receivedAlert = value & 0xFF } else { sentAlert = value & 0xFF }
        } else if event & SSL_CB_LOOP != 0 {
            switch SSL_get_state(connection) {
            case TLS_ST_CR_CERT_REQ: wantsClientCertificate = true
            case TLS_ST_CR_SESSION_TICKET: hasTicket = true
            default: break
            }
        }
    }

    private func verify(_ verification: OpaquePointer) -> Int32 {
        fault = 0
        faultText = nil
        let parameters = X509_STORE_CTX_get0_param(verification)
        // As in browsers, the subject's CN does not count as a name (RFC 9525 §2).
        let flags = UInt32(X509_CHECK_FLAG_NEVER_CHECK_SUBJECT) | UInt32(X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS)
        X509_VERIFY_PARAM_set_hostflags(parameters, flags)
        if X509_VERIFY_PARAM_set1_ip_asc(parameters, host) != 1 {
            ERR_clear_error()
            X509_VERIFY_PARAM_set1_host(parameters, host, host.utf8.count)
        }
        // Old protocols may be used, but weak certificates are still not trusted.
        if X509_VERIFY_PARAM_get_auth_level(parameters) < 2 { X509_VERIFY_PARAM_set_auth_level(parameters, 2) }
        // Invariant: the object outlives the handle that calls.
        X509_STORE_CTX_set_ex_data(verification, Self.verifyIndex, Unmanaged.passUnretained(self).toOpaque())
        X509_STORE_CTX_set_verify_cb(verification) { isFine, verification in
            guard isFine == 0, let verification,
                let raw = X509_STORE_CTX_get_ex_data(verification, TLSRecord.verifyIndex)
            else { return isFine }
            // Invariant: the object outlives the handle that calls.
            Unmanaged<TLSRecord>.fromOpaque(raw).takeUnretainedValue().blame(verification)
            return 1  // continue: the worst error counts, not the first
        }
        let isVerified = X509_verify_cert(verification) == 1
        if !isVerified, fault == 0 { blame(verification) }
        facts = CertificateReader.facts(
            leaf: X509_STORE_CTX_get0_cert(verification),
            presented: X509_STORE_CTX_get0_untrusted(verification),
            verified: fault == 0 ? X509_STORE_CTX_get0_chain(verification) : nil,
            problem: faultText
        )
        if wantsLinks { links = CertificateLink.all(X509_STORE_CTX_get0_chain(verification)) }
        X509_STORE_CTX_set_error(verification, fault)
        return fault == 0 || !verifies ? 1 : 0
    }

    private func blame(_ verification: OpaquePointer) {
        let code = X509_STORE_CTX_get_error(verification)
        // A missing revocation list for one issuer says nothing about the certificate.
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
    package static func reason(ofFault code: Int32) -> Reason {
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
