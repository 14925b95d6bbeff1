package import Base

/// The outcome of a check: its measurements, and its failure if it failed.
package struct Outcome: Sendable, Equatable {
    /// The failure; nil means success.
    package var failure: Failure?
    /// The status of the final response; nil without a response.
    package var statusCode: Int?
    /// The time from start to verdict.
    package var latency: Duration
    package var phases = PhaseTimes()
    /// The address of the last connection, `127.0.0.1:8080` or `[::1]:8080`.
    package var remoteAddress: String?
    /// The version of the final response: "1.0", "1.1", "2".
    package var httpVersion: String?
    /// The number of followed redirects.
    package var redirects = 0
    /// The URL of the final response; nil when it is the requested one.
    package var finalURL: String?
    /// The number of decoded bytes.
    package var bodyBytes = 0
    /// Large facts, stored out of line because outcomes are copied between threads.
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

    /// The certificate of a check with TLS, even if verification failed.
    package var certificate: CertificateFacts? {
        get { rare?.certificate }
        set { rare = Rare(newValue, rare?.evidence, rare?.header, rare?.facts) }
    }
    /// The target's answer, kept on failure.
    package var evidence: Evidence? {
        get { rare?.evidence }
        set { rare = Rare(rare?.certificate, newValue, rare?.header, rare?.facts) }
    }
    /// The outline of the final response's header; nil without a response.
    package var header: HeaderOutline? {
        get { rare?.header }
        set { rare = Rare(rare?.certificate, rare?.evidence, newValue, rare?.facts) }
    }
    /// Facts specific to the kind, as its `facts` declare; nil when there are none.
    package var facts: JSONObject? {
        get { rare?.facts }
        set { rare = Rare(rare?.certificate, rare?.evidence, rare?.header, newValue) }
    }

    package init(failure: Failure? = nil, latency: Duration) { (self.failure, self.latency) = (failure, latency) }

    package var isSuccess: Bool { failure == nil }

    /// A failed check as a value.
    package struct Failure: Sendable, Equatable {
        package var reason: Reason
        package var phase: Phase
        /// A sentence for people; contains no secret.
        package var message: String
        package init(_ reason: Reason, in phase: Phase, _ message: String) {
            (self.reason, self.phase, self.message) = (reason, phase, message)
        }
    }

    /// The time of each phase, summed over redirects; nil when it was not reached.
    package struct PhaseTimes: Sendable, Equatable {
        package var dns: Duration?
        package var connect: Duration?
        package var tls: Duration?
        package var firstByte: Duration?
        package var transfer: Duration?
        /// The time from the request to its answer, for kinds without HTTP.
        package var request: Duration?
        package init() {}

        /// The time of a phase; nil when it was not reached or is not measured.
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

    /// The target's answer, as much as was read.
    package struct Evidence: Sendable, Equatable {
        /// A named line of the answer.
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
        /// The first 4,096 decoded bytes.
        package var body: [UInt8]
        package static let bodyLimit = 4096
        package init(headers: [Header], body: [UInt8]) {
            self.headers = headers
            self.body = body
        }
    }
}
