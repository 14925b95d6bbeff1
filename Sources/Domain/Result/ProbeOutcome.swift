package import Base

/// What a probe saw: its measurements, and why it failed if it did.
package struct ProbeOutcome: Sendable, Equatable {
    /// Why, where and in words; nil means success.
    package var failure: Failure?
    /// The final response's; nil without a response.
    package var statusCode: Int?
    /// From start to verdict.
    package var latency: Duration
    package var phases = PhaseTimes()
    /// `127.0.0.1:8080` or `[::1]:8080` of the last connection.
    package var remoteAddress: String?
    /// "1.0", "1.1", "2" of the final response.
    package var httpVersion: String?
    /// How many were followed.
    package var redirects = 0
    /// The URL of the final response; nil when it is the one asked for.
    package var finalURL: String?
    /// Decoded bytes read.
    package var bodyBytes = 0
    /// What is large, out of line: an outcome is copied on its way from thread to thread.
    private var rare: Rare?

    private final class Rare: Sendable, Equatable {
        let certificate: CertificateFacts?
        let evidence: Evidence?
        let header: HeaderOutline?

        init?(_ certificate: CertificateFacts?, _ evidence: Evidence?, _ header: HeaderOutline?) {
            guard certificate != nil || evidence != nil || header != nil else { return nil }
            (self.certificate, self.evidence, self.header) = (certificate, evidence, header)
        }

        static func == (left: Rare, right: Rare) -> Bool {
            left.certificate == right.certificate && left.evidence == right.evidence && left.header == right.header
        }
    }

    /// Of a check with TLS, also when verification failed.
    package var certificate: CertificateFacts? {
        get { rare?.certificate }
        set { rare = Rare(newValue, rare?.evidence, rare?.header) }
    }
    /// What the target said, kept on failure.
    package var evidence: Evidence? {
        get { rare?.evidence }
        set { rare = Rare(rare?.certificate, newValue, rare?.header) }
    }
    /// What the final response's header is made of; nil without a response.
    package var header: HeaderOutline? {
        get { rare?.header }
        set { rare = Rare(rare?.certificate, rare?.evidence, newValue) }
    }

    package init(failure: Failure? = nil, latency: Duration) { (self.failure, self.latency) = (failure, latency) }

    package var isSuccess: Bool { failure == nil }

    /// A failed check, as a value.
    package struct Failure: Sendable, Equatable {
        package var reason: Reason
        package var phase: Phase
        /// For people; names no secret.
        package var message: String
        package init(_ reason: Reason, in phase: Phase, _ message: String) {
            (self.reason, self.phase, self.message) = (reason, phase, message)
        }
    }

    /// How long each phase took, summed over redirects; nil when it was not reached.
    package struct PhaseTimes: Sendable, Equatable {
        package var dns: Duration?
        package var connect: Duration?
        package var tls: Duration?
        package var firstByte: Duration?
        package var transfer: Duration?
        package init() {}
    }

    /// The response as far as it was read.
    package struct Evidence: Sendable, Equatable {
        /// In the order received.
        package var headers: [HTTPSpec.Header]
        /// The first 4,096 bytes of the decoded body.
        package var body: [UInt8]
        package static let bodyLimit = 4096
        package init(headers: [HTTPSpec.Header], body: [UInt8]) { (self.headers, self.body) = (headers, body) }
    }
}

/// One X.509 certificate as presented.
package struct CertificateFacts: Sendable, Equatable {
    /// RFC 2253 text.
    package var subject: String
    package var issuer: String
    /// Names and addresses that it is for.
    package var sans: [String]
    package var notBefore: Timestamp
    package var notAfter: Timestamp
    /// Lower-case hexadecimal of the DER's SHA-256.
    package var sha256: String
    /// Whether the chain and the host name were verified without a fault, at the time of the check.
    package var valid: Bool
    /// The verifier's words when they were not.
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
