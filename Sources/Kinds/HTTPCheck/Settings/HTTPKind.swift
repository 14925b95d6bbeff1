package import Base
package import Checks
package import Runtime

/// Asks for a URL, follows redirects, and judges the answer.
package enum HTTPKind: CheckKind {
    package static let name = "http"
    package static let summary = "Asks for a URL and judges the answer."
    package static let blank = HTTPSettings(url: "")
    package static let phases: [Phase] = [.dns, .connect, .tls, .firstByte, .transfer]
    package static let reasons: [Reason] = [
        .dnsNXDomain, .dnsNoAddress, .dnsServfail, .dnsRefused, .dnsTimeout, .connectRefused, .connectTimeout,
        .connectUnreachable, .connectReset, .proxyFailed, .tlsExpired, .tlsNotYetValid, .tlsSelfSigned, .tlsUntrusted,
        .tlsHostname, .tlsRevoked, .tlsClientCertificate, .tlsProtocol, .tlsHandshake, .tlsTimeout, .timeoutFirstByte,
        .httpEmpty, .httpReset, .httpMalformed, .httpHeaderTooLarge, .timeoutTransfer, .httpTruncated,
        .httpBodyTooLarge, .httpDecoding, .redirectLimit, .redirectBlocked, .redirectMalformed, .httpStatus,
        .assertionBody, .assertionVersion, .policyBlocked, .internalError, .overloaded,
    ]

    package static let facts: [Schema.Field] = [
        .optional("notes", .array(.string()), "What was irregular about the answer, though it was taken.")
    ]

    package static func target(of settings: HTTPSettings) -> String { settings.url }
    package static func targetKey(of settings: HTTPSettings) -> UInt64 { settings.targetKey }
    package static func timeout(of settings: HTTPSettings) -> Duration { settings.options.timeout }

    /// The URL in normal form, so that one way to write it is as good as another.
    package static func identity(of settings: HTTPSettings) -> String {
        (try? TargetURL(settings.url))?.description ?? settings.url
    }

    /// Puts https:// in front when there is no scheme.
    package static func members(ofTarget text: String) -> JSONObject {
        do throws(TargetURL.Fault) {
            _ = try TargetURL(text)
            return JSONObject([("url", .string(text))])
        } catch {
            return JSONObject([("url", .string(error == .noScheme ? "https://\(text)" : text))])
        }
    }

    package static func conflicts(in settings: HTTPSettings) -> [FieldError] {
        guard settings.options.clientKey != nil, settings.options.clientCertificate == nil else { return [] }
        return [FieldError(field: "client_key", reason: "client_key needs client_cert")]
    }

    /// The same origin, reached in the same way.
    package static func isSameRecipient(_ old: HTTPSettings, _ new: HTTPSettings) -> Bool {
        guard let former = try? TargetURL(old.url), let latter = try? TargetURL(new.url) else { return false }
        return former.scheme == latter.scheme && former.authority == latter.authority
            && old.options.proxy == new.options.proxy && old.options.resolver == new.options.resolver
            && old.options.resolve == new.options.resolve
    }

    package static func makeProber(on loop: EventLoop, _ configuration: ProbeConfiguration) -> (any Prober)? {
        HTTPProber(loop: loop, configuration: configuration)
    }
}
