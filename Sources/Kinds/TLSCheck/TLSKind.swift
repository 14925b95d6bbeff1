package import Base
package import Checks
package import Runtime
import Sockets

/// Checks a certificate and the TLS connection that presents it.
package enum TLSKind: CheckKind {
    package static let name = "tls"
    package static let summary = "Checks a certificate and its chain, the TLS version, cipher and OCSP staple."
    package static let blank = TLSSettings()
    package static let phases: [Phase] = [.dns, .connect, .tls, .request]
    package static let reasons: [Reason] = [
        .dnsNXDomain, .dnsNoAddress, .dnsServfail, .dnsRefused, .dnsTimeout, .connectRefused, .connectTimeout,
        .connectUnreachable, .connectReset, .tlsExpired, .tlsNotYetValid, .tlsSelfSigned, .tlsUntrusted, .tlsHostname,
        .tlsRevoked, .tlsClientCertificate, .tlsProtocol, .tlsHandshake, .tlsTimeout, .answerTimeout, .answerClosed,
        .answerMalformed, .assertionCertificate, .assertionVersion, .policyBlocked, .internalError, .overloaded,
    ]

    package static let facts: [Schema.Field] = [
        .optional("protocol", .string(example: "TLSv1.3"), "The TLS version agreed on."),
        .optional("cipher", .string(example: "TLS_AES_256_GCM_SHA384"), "The cipher agreed on, by OpenSSL's name."),
        .optional("alpn", Schema.string(example: "h2").nullable, "The protocol agreed on with ALPN."),
        .optional("key_type", .string(example: "RSA"), "The algorithm of the certificate's public key."),
        .optional("key_bits", .integer(example: 2048), "The size of the certificate's public key."),
        .optional("signature", .string(example: "sha256WithRSAEncryption"), "How the certificate is signed."),
        .optional("days_left", .integer(example: 45), "Whole days until the first certificate of the chain expires."),
        .optional("spki_sha256", .string(), "The SHA-256 of the certificate's public key, as pins have it."),
        .optional("ocsp", .oneOf(["none", "good", "revoked", "unknown", "invalid"]), "What the OCSP staple says."),
        .optional("chain", .array(link), "The verified chain, leaf first."),
    ]

    private static let link = Schema.object(
        "TLSLink",
        [
            .required("subject", .string(), "Whom it is for."),
            .required("days_left", .integer(), "Whole days until it expires; negative when it has."),
            .required("key_type", .string(), "The algorithm of its public key."),
            .required("key_bits", .integer(), "The size of its public key."),
            .required("signature", .string(), "How it is signed."),
            .required("sha256", .string(), "The SHA-256 of the certificate."),
            .required("spki_sha256", .string(), "The SHA-256 of its public key."),
        ]
    )

    package static func target(of settings: TLSSettings) -> String {
        let host = settings.host.contains(":") && !settings.host.hasPrefix("[") ? "[\(settings.host)]" : settings.host
        return "\(host):\(settings.options.port)"
    }

    package static func identity(of settings: TLSSettings) -> String { target(of: settings).lowercased() }

    /// `HOST:PORT`, or `[IPV6]:PORT`.
    package static func members(ofTarget text: String) -> JSONObject { StreamTarget.members(ofText: text) }

    package static func targetKey(of settings: TLSSettings) -> UInt64 { TargetKey.hash(target(of: settings)) }
    package static func timeout(of settings: TLSSettings) -> Duration { settings.options.timeout }

    package static func conflicts(in settings: TLSSettings) -> [FieldError] {
        let options = settings.options
        var errors: [FieldError] = []
        if options.clientKey != nil, options.clientCertificate == nil {
            errors.append(FieldError(field: "client_key", reason: "is of no use without client_cert"))
        }
        if let version = options.version, version < options.minimumVersion {
            errors.append(
                FieldError(field: "protocol", reason: "is below min_protocol, \(options.minimumVersion.rawValue)")
            )
        }
        return errors
    }

    package static func makeProber(on loop: EventLoop, _ configuration: ProbeConfiguration) -> (any Prober)? {
        TLSProber(loop: loop, configuration: configuration)
    }
}
