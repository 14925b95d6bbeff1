package import Base

/// One X.509 certificate as presented.
package struct CertificateFacts: Sendable, Equatable {
    /// RFC 2253 text.
    package var subject: String
    package var issuer: String
    /// The names and addresses that the certificate covers.
    package var sans: [String]
    package var notBefore: Timestamp
    package var notAfter: Timestamp
    /// Lower-case hexadecimal of the DER's SHA-256.
    package var sha256: String
    /// Whether the chain and the host name were verified successfully at the time of the check.
    package var valid: Bool
    /// The verifier's error message, if there was one.
    package var problem: String?
    /// The issuers as presented, leaf's issuer first.
    package var chain: [Link]

    /// An issuer in the chain.
    package struct Link: Sendable, Equatable {
        package var subject: String
        package var issuer: String
        package var notBefore: Timestamp
        package var notAfter: Timestamp
        package var sha256: String
        package init(subject: String, issuer: String, notBefore: Timestamp, notAfter: Timestamp, sha256: String) {
            (self.subject, self.issuer) = (subject, issuer)
            (self.notBefore, self.notAfter, self.sha256) = (notBefore, notAfter, sha256)
        }
    }

    package init(
        subject: String,
        issuer: String,
        sans: [String],
        notBefore: Timestamp,
        notAfter: Timestamp,
        sha256: String,
        valid: Bool,
        problem: String?,
        chain: [Link]
    ) {
        (self.subject, self.issuer, self.sans) = (subject, issuer, sans)
        (self.notBefore, self.notAfter, self.sha256) = (notBefore, notAfter, sha256)
        (self.valid, self.problem, self.chain) = (valid, problem, chain)
    }
}
