package import Base
package import Checks
import Patterns
package import Runtime

/// Queries name servers and judges their answers.
package enum DNSKind: CheckKind {
    package static let name = "dns"
    package static let summary = "Asks a name server for records and judges the answer."
    package static let blank = DNSSettings()
    package static let phases: [Phase] = [.dns, .connect, .tls, .request]
    package static let reasons: [Reason] = [
        .dnsNXDomain, .dnsNoAddress, .dnsServfail, .dnsRefused, .dnsTimeout, .connectRefused, .connectTimeout,
        .connectUnreachable, .connectReset, .tlsExpired, .tlsNotYetValid, .tlsSelfSigned, .tlsUntrusted, .tlsHostname,
        .tlsRevoked, .tlsClientCertificate, .tlsProtocol, .tlsHandshake, .tlsTimeout, .answerTimeout, .answerClosed,
        .answerMalformed, .dnsRcode, .assertionAnswer, .policyBlocked, .internalError, .overloaded,
    ]

    package static let facts: [Schema.Field] = [
        .required("rcode", .string(example: "NOERROR").nullable, "The response code; null without an answer."),
        .required(
            "flags",
            .array(.oneOf(["aa", "tc", "ra", "ad"])),
            "The flags of the answer; tc: cut over UDP, then asked over TCP."
        ),
        .required("answers", .array(answer), "The records of the answer, 50 at most."),
        .required("server", .string(example: "192.0.2.53:53").nullable, "The server that answered."),
        .required("transport", .oneOf(["udp", "tcp", "tls"]), "How the answer came."),
        .optional("serials", .array(serial), "The SOA serial of each server, when several are asked."),
    ]

    private static let answer = Schema.object(
        nil,
        [
            .required("type", .string(example: "A"), "The record's type."),
            .required("ttl", .integer(), "Seconds."),
            .required("text", .string(example: "192.0.2.1"), "The record's data as zone files have it."),
        ]
    )

    private static let serial = Schema.object(
        nil,
        [
            .required("server", .string(example: "192.0.2.53:53"), "The server as it is written in the settings."),
            .required("serial", .integer().nullable, "Its serial; null without an answer."),
        ]
    )

    package static func target(of settings: DNSSettings) -> String { settings.query }
    package static func timeout(of settings: DNSSettings) -> Duration { settings.options.timeout }

    /// Includes the name: a name whose own servers hang must not delay other names that use the same resolver.
    package static func targetKey(of settings: DNSSettings) -> UInt64 {
        let server = settings.options.server ?? settings.options.servers.first ?? ""
        return TargetKey.hash("\(server) \(settings.query)")
    }

    package static func conflicts(in settings: DNSSettings) -> [FieldError] {
        let options = settings.options
        var errors: [FieldError] = []
        func refuse(_ isWrong: Bool, _ field: String, _ reason: String) {
            if isWrong { errors.append(FieldError(field: field, reason: reason)) }
        }
        let isAddress = IPAddress(settings.query) != nil
        refuse(isAddress && options.recordType != .PTR, "query", "is an address, which only the record_type PTR has")
        refuse(options.server != nil && !options.servers.isEmpty, "servers", "excludes server")
        refuse(options.sameSerial && options.servers.count < 2, "same_serial", "needs two servers at least")
        refuse(options.sameSerial && options.recordType != .SOA, "same_serial", "needs the record_type SOA")
        let asksSystem = options.server == nil && options.servers.isEmpty
        refuse(options.transport == .tls && asksSystem, "transport", "tls needs a server")
        refuse(
            options.serverName != nil && options.transport != .tls,
            "server_name",
            "goes with the transport tls only"
        )
        refuse(!options.verifiesTLS && options.transport != .tls, "verify_tls", "goes with the transport tls only")
        if let least = options.minimumTTL, let most = options.maximumTTL {
            refuse(least > most, "min_ttl", "is greater than max_ttl")
        }
        let hasAnswers = !options.answers.isEmpty
        refuse(hasAnswers && options.responseCode != .noError, "answers", "are there only with the rcode NOERROR")
        errors.append(contentsOf: answerErrors(options))
        return errors
    }

    private static func answerErrors(_ options: DNSSettings.Options) -> [FieldError] {
        options.answers.enumerated().compactMap { index, text in
            let fault =
                options.answersMatch == .regex ? expressionFault(text) : AnswerText.fault(text, options.recordType)
            return fault.map { FieldError(field: "answers", FieldValueError($0, at: [.index(index)])) }
        }
    }

    private static func expressionFault(_ text: String) -> String? {
        do throws(PatternError) {
            _ = try RegularExpression(text)
            return nil
        } catch {
            return "is not an expression that can be used: \(error)"
        }
    }

    package static func makeProber(on loop: EventLoop, _ configuration: ProbeConfiguration) -> (any Prober)? {
        DNSProber(loop: loop, configuration: configuration)
    }
}
