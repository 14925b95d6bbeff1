/// Why a check failed; a bounded set, spelt the same in JSON, metrics and messages.
///
/// The raw values are stored: never renumber them, only add new ones.
package enum Reason: UInt8, Sendable, CaseIterable {
    case dnsNXDomain = 1
    case dnsNoAddress = 2
    case dnsServfail = 3
    case dnsRefused = 4
    case dnsTimeout = 5
    case connectRefused = 10
    case connectTimeout = 11
    case connectUnreachable = 12
    case connectReset = 13
    case proxyFailed = 14
    case tokenFailed = 15
    case tlsExpired = 20
    case tlsNotYetValid = 21
    case tlsSelfSigned = 22
    case tlsUntrusted = 23
    case tlsHostname = 24
    case tlsRevoked = 25
    case tlsClientCertificate = 26
    case tlsProtocol = 27
    case tlsHandshake = 28
    case tlsTimeout = 29
    case timeoutFirstByte = 40
    case httpEmpty = 41
    case httpReset = 42
    case httpMalformed = 43
    case httpHeaderTooLarge = 44
    case timeoutTransfer = 50
    case httpTruncated = 51
    case httpBodyTooLarge = 52
    case httpDecoding = 53
    case redirectLimit = 60
    case redirectBlocked = 61
    case redirectMalformed = 62
    case httpStatus = 70
    case assertionBody = 71
    case assertionHeader = 72
    case assertionJSON = 73
    case assertionLatency = 74
    case assertionCertificate = 75
    case assertionVersion = 76
    case assertionAnswer = 77
    case assertionURL = 78
    case assertionTLS = 79
    case answerTimeout = 80
    case answerClosed = 81
    case answerMalformed = 82
    case dnsRcode = 83
    case icmpUnreachable = 84
    case icmpTTL = 85
    case policyBlocked = 90
    case pushMissing = 95
    case pushReported = 96
    case internalError = 100
    case overloaded = 101
}

extension Reason: CustomStringConvertible {
    /// The spelling in JSON and metrics.
    package var description: String {
        switch self {
        case .dnsNXDomain: "dns_nxdomain"
        case .dnsNoAddress: "dns_no_address"
        case .dnsServfail: "dns_servfail"
        case .dnsRefused: "dns_refused"
        case .dnsTimeout: "dns_timeout"
        case .connectRefused: "connect_refused"
        case .connectTimeout: "connect_timeout"
        case .connectUnreachable: "connect_unreachable"
        case .connectReset: "connect_reset"
        case .proxyFailed: "proxy_failed"
        case .tokenFailed: "token_failed"
        case .tlsExpired: "tls_expired"
        case .tlsNotYetValid: "tls_not_yet_valid"
        case .tlsSelfSigned: "tls_self_signed"
        case .tlsUntrusted: "tls_untrusted"
        case .tlsHostname: "tls_hostname"
        case .tlsRevoked: "tls_revoked"
        case .tlsClientCertificate: "tls_client_certificate"
        case .tlsProtocol: "tls_protocol"
        case .tlsHandshake: "tls_handshake"
        case .tlsTimeout: "tls_timeout"
        case .timeoutFirstByte: "timeout_first_byte"
        case .httpEmpty: "http_empty"
        case .httpReset: "http_reset"
        case .httpMalformed: "http_malformed"
        case .httpHeaderTooLarge: "http_header_too_large"
        case .timeoutTransfer: "timeout_transfer"
        case .httpTruncated: "http_truncated"
        case .httpBodyTooLarge: "http_body_too_large"
        case .httpDecoding: "http_decoding"
        case .redirectLimit: "redirect_limit"
        case .redirectBlocked: "redirect_blocked"
        case .redirectMalformed: "redirect_malformed"
        case .httpStatus: "http_status"
        case .assertionBody: "assertion_body"
        case .assertionHeader: "assertion_header"
        case .assertionJSON: "assertion_json"
        case .assertionLatency: "assertion_latency"
        case .assertionCertificate: "assertion_certificate"
        case .assertionVersion: "assertion_version"
        case .assertionAnswer: "assertion_answer"
        case .assertionURL: "assertion_url"
        case .assertionTLS: "assertion_tls"
        case .answerTimeout: "answer_timeout"
        case .answerClosed: "answer_closed"
        case .answerMalformed: "answer_malformed"
        case .dnsRcode: "dns_rcode"
        case .icmpUnreachable: "icmp_unreachable"
        case .icmpTTL: "icmp_ttl"
        case .policyBlocked: "policy_blocked"
        case .pushMissing: "push_missing"
        case .pushReported: "push_reported"
        case .internalError: "internal_error"
        case .overloaded: "overloaded"
        }
    }

    /// The reason with this spelling, if there is one.
    package init?(name: String) {
        guard let reason = Self.byName[name] else { return nil }
        self = reason
    }
    private static let byName = Dictionary(uniqueKeysWithValues: allCases.map { ($0.description, $0) })
}
