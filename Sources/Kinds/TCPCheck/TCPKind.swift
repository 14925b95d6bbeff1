package import Base
package import Checks
package import Runtime
import Sockets

/// Connects to a port, optionally with TLS, sends bytes and checks what comes back.
package enum TCPKind: CheckKind {
    package static let name = "tcp"
    package static let summary = "Connects to a TCP port, with or without TLS, sends and expects bytes."
    package static let blank = TCPSettings()
    package static let phases: [Phase] = [.dns, .connect, .tls, .request]
    package static let reasons: [Reason] = [
        .dnsNXDomain, .dnsNoAddress, .dnsServfail, .dnsRefused, .dnsTimeout, .connectRefused, .connectTimeout,
        .connectUnreachable, .connectReset, .tlsExpired, .tlsNotYetValid, .tlsSelfSigned, .tlsUntrusted, .tlsHostname,
        .tlsRevoked, .tlsClientCertificate, .tlsProtocol, .tlsHandshake, .tlsTimeout, .answerTimeout, .answerClosed,
        .answerMalformed, .assertionAnswer, .policyBlocked, .internalError, .overloaded,
    ]
    package static let facts: [Schema.Field] = [
        .optional("protocol", .string(example: "TLSv1.3"), "The TLS version agreed on."),
        .optional("cipher", .string(example: "TLS_AES_256_GCM_SHA384"), "The cipher agreed on, by OpenSSL's name."),
    ]

    package static func target(of settings: TCPSettings) -> String {
        let host = settings.host.contains(":") && !settings.host.hasPrefix("[") ? "[\(settings.host)]" : settings.host
        return "\(host):\(settings.options.port)"
    }

    package static func identity(of settings: TCPSettings) -> String { target(of: settings).lowercased() }

    /// `HOST:PORT`, or `[IPV6]:PORT`.
    package static func members(ofTarget text: String) -> JSONObject { StreamTarget.members(ofText: text) }

    package static func targetKey(of settings: TCPSettings) -> UInt64 { TargetKey.hash(target(of: settings)) }
    package static func timeout(of settings: TCPSettings) -> Duration { settings.options.timeout }

    package static func conflicts(in settings: TCPSettings) -> [FieldError] {
        let options = settings.options
        var errors: [FieldError] = []
        if !options.steps.isEmpty {
            let simple = [
                ("send", options.send), ("expect", options.expect), ("expect_pattern", options.expectPattern),
            ]
            for (name, value) in simple where value != nil {
                errors.append(FieldError(field: name, reason: "does not go with steps: make it one of them"))
            }
        }
        if options.expect != nil, options.expectPattern != nil {
            errors.append(FieldError(field: "expect_pattern", reason: "does not go with expect: choose one of them"))
        }
        if options.usesTLS, options.startTLS != .none {
            errors.append(FieldError(field: "starttls", reason: "does not go with tls: choose one of them"))
        }
        if options.clientKey != nil, options.clientCertificate == nil {
            errors.append(FieldError(field: "client_key", reason: "is of no use without client_cert"))
        }
        return errors
    }

    /// Secrets may be kept for the same host and port, but never from TLS to clear text.
    package static func isSameRecipient(_ old: TCPSettings, _ new: TCPSettings) -> Bool {
        guard target(of: old) == target(of: new), old.options.address == new.options.address else { return false }
        guard old.options.speaksTLS else { return true }
        return new.options.speaksTLS && (new.options.verifiesTLS || !old.options.verifiesTLS)
            && old.options.serverName == new.options.serverName && old.options.caFile == new.options.caFile
    }

    package static func makeProber(on loop: EventLoop, _ configuration: ProbeConfiguration) -> (any Prober)? {
        TCPProber(loop: loop, configuration: configuration)
    }
}
