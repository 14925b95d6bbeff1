import Base
import Domain

/// The named facts of a certificate, for people.
struct CertificateReport {
    private let certificate: CertificateFacts
    private let time: Timestamp

    /// How many names are printed.
    private static let nameLimit = 30

    init(_ certificate: CertificateFacts, at time: Timestamp) {
        (self.certificate, self.time) = (certificate, time)
    }

    var facts: [(name: String, value: String, paint: TerminalStyle.Paint?)] {
        var facts: [(name: String, value: String, paint: TerminalStyle.Paint?)] = [
            ("subject", certificate.subject, nil),
            ("issuer", certificate.issuer, nil),
            validity,
            ("names", names, nil),
            ("sha256", certificate.sha256, nil),
        ]
        if let problem = certificate.problem {
            facts.append(("problem", problem, .red))
        } else if !certificate.valid {
            facts.append(("problem", "not verified", .yellow))
        }
        return facts
    }

    private var names: String {
        let all = certificate.sans
        guard !all.isEmpty else { return "(none)" }
        let more = all.count - Self.nameLimit
        return all.prefix(Self.nameLimit).joined(separator: ", ") + (more > 0 ? ", and \(more) more" : "")
    }

    /// Both dates, and how far away the nearer one is.
    private var validity: (name: String, value: String, paint: TerminalStyle.Paint?) {
        let (from, to) = (certificate.notBefore, certificate.notAfter)
        let range = "\(from.description.prefix(10)) to \(to.description.prefix(10))"
        if time > to { return ("valid", "\(range), expired \(Self.days(time - to)) ago", .red) }
        if time < from { return ("valid", "\(range), begins in \(Self.days(from - time))", .red) }
        let left = to - time
        let paint: TerminalStyle.Paint? = left < .seconds(14 * 86_400) ? .yellow : nil
        return ("valid", "\(range), \(Self.days(left)) left", paint)
    }

    private static func days(_ duration: Duration) -> String {
        let days = duration.wholeMilliseconds / 86_400_000
        return days == 1 ? "1 day" : "\(days) days"
    }
}
