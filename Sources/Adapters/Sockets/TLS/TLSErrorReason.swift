import COpenSSL
import Checks
import Glibc

/// Maps TLS errors to reasons, the same for every kind of check.
enum TLSErrorReason {
    /// The failure of a handshake, or of a client certificate rejected after it.
    static func failure(_ record: TLSRecord, _ fault: TLSError, sendsCertificate: Bool) -> Outcome.Failure {
        if record.verifies, let text = record.faultText {
            return Outcome.Failure(TLSRecord.reason(ofFault: record.fault), in: .tls, "certificate: \(text)")
        }
        if let alert = record.receivedAlert { return failure(record, alert: alert, sendsCertificate) }
        if record.sentAlert == Int32(SSL_AD_PROTOCOL_VERSION) {
            return Outcome.Failure(.tlsProtocol, in: .tls, "no common TLS version or cipher")
        }
        switch Int32(truncatingIfNeeded: fault.reason) {
        case SSL_R_WRONG_VERSION_NUMBER, SSL_R_HTTP_REQUEST, SSL_R_UNKNOWN_PROTOCOL, SSL_R_PACKET_LENGTH_TOO_LONG,
            SSL_R_BAD_RECORD_TYPE:
            return Outcome.Failure(.tlsProtocol, in: .tls, "the target does not speak TLS")
        case SSL_R_UNSUPPORTED_PROTOCOL, SSL_R_NO_PROTOCOLS_AVAILABLE, SSL_R_NO_CIPHERS_AVAILABLE,
            SSL_R_UNSUPPORTED_SSL_VERSION, SSL_R_WRONG_SSL_VERSION, SSL_R_VERSION_TOO_LOW:
            return Outcome.Failure(.tlsProtocol, in: .tls, "no common TLS version or cipher")
        default: break
        }
        if fault.isReset {
            return Outcome.Failure(.tlsHandshake, in: .tls, "the target reset the connection during the TLS handshake")
        }
        if fault.isEnd {
            return Outcome.Failure(.tlsHandshake, in: .tls, "the connection was closed during the TLS handshake")
        }
        let text = fault.text ?? String(cString: strerror(fault.systemError))
        return Outcome.Failure(.tlsHandshake, in: .tls, "the TLS handshake failed: \(text)")
    }

    /// Whether an alert after the handshake concerns the client certificate (TLS 1.3 checks it late).
    static func isAboutClientCertificate(_ record: TLSRecord) -> Bool {
        guard let alert = record.receivedAlert else { return false }
        return alert == certificateRequired || record.wantsClientCertificate
    }

    /// SSL_AD_CERTIFICATE_REQUIRED, RFC 8446 §6.2; OpenSSL 3.0's headers have it only for TLS 1.3.
    private static let certificateRequired: Int32 = 116

    private static func failure(
        _ record: TLSRecord,
        alert: Int32,
        _ sendsCertificate: Bool
    ) -> Outcome.Failure {
        let text = SSLAlert.text(alert)
        let isCertificate = [42, 43, 44, 45, 46, 48, 49, certificateRequired].contains(alert)
        if alert == certificateRequired || (record.wantsClientCertificate && (isCertificate || alert == 40)) {
            let words = sendsCertificate ? "refused the client certificate" : "wants a client certificate"
            return Outcome.Failure(.tlsClientCertificate, in: .tls, "the target \(words) (alert: \(text))")
        }
        switch alert {
        // protocol_version, insufficient_security, inappropriate_fallback, no_application_protocol
        case 70, 71, 86, 120:
            return Outcome.Failure(.tlsProtocol, in: .tls, "no common TLS version or cipher (alert: \(text))")
        default:
            return Outcome.Failure(.tlsHandshake, in: .tls, SSLAlert.breakOffText(alert))
        }
    }
}
