package import Base

/// What a probe saw: its measurements, and why it failed if it did.
package struct Outcome: Sendable, Equatable {
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
        let facts: JSONObject?

        init?(_ certificate: CertificateFacts?, _ evidence: Evidence?, _ header: HeaderOutline?, _ facts: JSONObject?) {
            guard certificate != nil || evidence != nil || header != nil || facts != nil else { return nil }
            self.certificate = certificate
            self.evidence = evidence
            self.header = header
            self.facts = facts
        }

        static func == (left: Rare, right: Rare) -> Bool {
            left.certificate == right.certificate && left.evidence == right.evidence && left.header == right.header
                && left.facts == right.facts
        }
    }

    /// Of a check with TLS, also when verification failed.
    package var certificate: CertificateFacts? {
        get { rare?.certificate }
        set { rare = Rare(newValue, rare?.evidence, rare?.header, rare?.facts) }
    }
    /// What the target said, kept on failure.
    package var evidence: Evidence? {
        get { rare?.evidence }
        set { rare = Rare(rare?.certificate, newValue, rare?.header, rare?.facts) }
    }
    /// What the final response's header is made of; nil without a response.
    package var header: HeaderOutline? {
        get { rare?.header }
        set { rare = Rare(rare?.certificate, rare?.evidence, newValue, rare?.facts) }
    }
    /// What the kind alone measures, as its `facts` declare; nil when nothing.
    package var facts: JSONObject? {
        get { rare?.facts }
        set { rare = Rare(rare?.certificate, rare?.evidence, rare?.header, newValue) }
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
        /// From the request to its answer, of kinds that exchange something other than HTTP.
        package var request: Duration?
        package init() {}

        /// The time of a phase; nil when it was not reached, or takes no time of its own.
        package subscript(phase: Phase) -> Duration? {
            switch phase {
            case .dns: dns
            case .connect: connect
            case .tls: tls
            case .firstByte: firstByte
            case .transfer: transfer
            case .request: request
            case .redirect, .assertion, .policy, .internal, .push: nil
            }
        }
    }

    /// What the target said, as far as it was read.
    package struct Evidence: Sendable, Equatable {
        /// One line of it that has a name.
        package struct Header: Sendable, Equatable {
            package var name: String
            package var value: String
            package init(name: String, value: String) {
                self.name = name
                self.value = value
            }
        }
        /// In the order received.
        package var headers: [Header]
        /// The first 4,096 bytes of what came, decoded.
        package var body: [UInt8]
        package static let bodyLimit = 4096
        package init(headers: [Header], body: [UInt8]) {
            self.headers = headers
            self.body = body
        }
    }
}
