import Base
import Domain

/// The notification that a certificate will expire soon.
struct CertificateNotice {
    let certificate: CertificateWatch.Certificate
    let level: Int
    let at: Timestamp

    init(_ certificate: CertificateWatch.Certificate, level: Int, at now: Timestamp) {
        (self.certificate, self.level, at) = (certificate, level, now)
    }

    var severity: Severity { level > 7 ? .info : level > 1 ? .warning : .critical }

    var words: String {
        let what = certificate.isIssuer ? "The issuer's certificate" : "The certificate"
        let days = (certificate.notAfter - at).wholeMilliseconds / 86_400_000
        return switch level {
        case -1: "\(what) has ended on \(certificate.notAfter)"
        case 0: "\(what) ends within a day, on \(certificate.notAfter)"
        default: "\(what) ends in \(days) \(days == 1 ? "day" : "days"), on \(certificate.notAfter)"
        }
    }

    var facts: [AlertMessage.Fact] {
        [
            .init("Certificate", certificate.subject), .init("Ends", "\(certificate.notAfter)"),
            .init("SHA-256", certificate.sha256),
        ]
    }
}
