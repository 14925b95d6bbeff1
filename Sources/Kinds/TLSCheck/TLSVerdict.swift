import Checks
import Sockets

/// Judges the facts of a handshake; pure.
enum TLSVerdict {
    /// Every violated demand, the connection's first; nil when there is none.
    static func failure(_ findings: TLSFindings, _ options: TLSSettings.Options) -> Outcome.Failure? {
        let session = sessionFaults(findings, options)
        let certificate = certificateFaults(findings, options)
        let all = session + certificate
        guard !all.isEmpty else { return nil }
        let reason: Reason = session.isEmpty ? .assertionCertificate : .assertionVersion
        return Outcome.Failure(reason, in: .assertion, all.prefix(10).joined(separator: "; "))
    }

    private static func sessionFaults(_ findings: TLSFindings, _ options: TLSSettings.Options) -> [String] {
        var faults: [String] = []
        let version = TLSVersion(openSSL: findings.version)
        if let wanted = options.version, version != wanted {
            faults.append("\(findings.version) was agreed on instead of TLSv\(wanted.rawValue)")
        } else if version.map({ $0 < options.minimumVersion }) ?? true {
            faults.append(
                "\(findings.version) was agreed on, which is older than TLSv\(options.minimumVersion.rawValue)"
            )
        }
        if !options.ciphers.isEmpty, !options.ciphers.contains(findings.cipher) {
            faults.append("the cipher \(findings.cipher) is not among those accepted")
        }
        return faults
    }

    private static func certificateFaults(_ findings: TLSFindings, _ options: TLSSettings.Options) -> [String] {
        var faults: [String] = []
        if let days = options.minimumDays {
            for link in findings.links where findings.daysLeft(link) < days {
                faults.append("\(link.subject) has \(findings.daysLeft(link)) days left, fewer than \(days)")
            }
        }
        if !findings.missingNames.isEmpty {
            faults.append("the certificate is not for \(findings.missingNames.prefix(5).joined(separator: ", "))")
        }
        if let leaf = findings.links.first, !options.keyTypes.isEmpty,
            !options.keyTypes.contains(where: { $0.rawValue == leaf.keyType.lowercased() })
        {
            faults.append("the key is \(leaf.keyType), which is not among those accepted")
        }
        for link in findings.links { faults += linkFaults(link, options) }
        if !options.pins.isEmpty {
            let digests = Set(findings.links.flatMap { [$0.sha256, $0.spkiSHA256] })
            if !options.pins.contains(where: { digests.contains($0.digest) }) {
                faults.append("no certificate of the chain is pinned")
            }
        }
        if let fault = stapleFault(findings.staple, options.staple) { faults.append(fault) }
        return faults
    }

    private static func linkFaults(_ link: CertificateLink, _ options: TLSSettings.Options) -> [String] {
        var faults: [String] = []
        let least: Int? =
            switch link.keyType {
            case "RSA", "RSA-PSS": options.minimumRSABits
            case "EC": options.minimumECBits
            default: nil
            }
        if let least, link.keyBits < least {
            faults.append("\(link.subject) has a \(link.keyType) key of \(link.keyBits) bits, fewer than \(least)")
        }
        // Nobody relies on a root's own signature.
        let isWeak = ["SHA1", "MD5", "MD4", "MD2", "MD5-SHA1"].contains(link.digest)
        if isWeak, !link.isSelfSigned, !options.allowsWeakSignatures {
            faults.append("\(link.subject) is signed with \(link.signature)")
        }
        return faults
    }

    private static func stapleFault(_ status: StapleStatus, _ wanted: TLSStaple) -> String? {
        switch (wanted, status) {
        case (.any, _), (_, .good): nil
        case (.present, .missing), (.good, .missing): "no OCSP response came with the certificate"
        case (.present, _): nil
        case (.good, .invalid(let text)): "the OCSP response is of no use: \(text)"
        case (.good, _): "the OCSP response says \(status.word)"
        }
    }
}
