package import Base
package import Checks
package import Runtime

/// Requests a URL, follows redirects, and judges the answer.
package enum HTTPKind: CheckKind {
    package static let name = "http"
    package static let summary = "Asks for a URL and judges the answer."
    package static let blank = HTTPSettings(url: "")
    package static let phases: [Phase] = [.dns, .connect, .tls, .firstByte, .transfer]
    package static let reasons: [Reason] = [
        .tokenFailed, .dnsNXDomain, .dnsNoAddress, .dnsServfail, .dnsRefused, .dnsTimeout, .connectRefused,
        .connectTimeout,
        .connectUnreachable, .connectReset, .proxyFailed, .tlsExpired, .tlsNotYetValid, .tlsSelfSigned, .tlsUntrusted,
        .tlsHostname, .tlsRevoked, .tlsClientCertificate, .tlsProtocol, .tlsHandshake, .tlsTimeout, .timeoutFirstByte,
        .httpEmpty, .httpReset, .httpMalformed, .httpHeaderTooLarge, .timeoutTransfer, .httpTruncated,
        .httpBodyTooLarge, .httpDecoding, .redirectLimit, .redirectBlocked, .redirectMalformed, .httpStatus,
        .assertionBody, .assertionHeader, .assertionJSON, .assertionLatency, .assertionCertificate, .assertionVersion,
        .assertionURL, .assertionTLS, .policyBlocked, .internalError, .overloaded,
    ]

    package static let facts: [Schema.Field] = [
        .optional(
            "notes",
            .array(.string()),
            "What was irregular about the answer, though it was taken, or why its text was read as UTF-8."
        )
    ]

    package static func target(of settings: HTTPSettings) -> String { settings.url }
    package static func targetKey(of settings: HTTPSettings) -> UInt64 { settings.targetKey }
    package static func timeout(of settings: HTTPSettings) -> Duration { settings.options.timeout }

    /// The normalized URL, so that all spellings of a URL are equal.
    package static func identity(of settings: HTTPSettings) -> String {
        (try? CheckURL(settings.url))?.target.description ?? settings.url
    }

    /// Prepends https:// when there is no scheme.
    package static func members(ofTarget text: String) -> JSONObject {
        do throws(TargetURL.ParseError) {
            let url = try CheckURL(text)
            guard let user = url.user else { return JSONObject([("url", .string(text))]) }
            let auth: JSONValue = [
                "type": "basic", "username": .string(user.name), "password": .string(user.password),
            ]
            return JSONObject([("url", .string(url.text)), ("auth", auth)])
        } catch {
            return JSONObject([("url", .string(error == .noScheme ? "https://\(text)" : text))])
        }
    }

    package static func conflicts(in settings: HTTPSettings) -> [FieldError] {
        let options = settings.options
        var errors: [FieldError] = []
        if options.clientKey != nil, options.clientCertificate == nil {
            errors.append(FieldError(field: "client_key", reason: "client_key needs client_cert"))
        }
        let bodies = [
            ("body", options.body != nil), ("body_file", options.bodyFile != nil), ("form", !options.form.isEmpty),
        ]
        let given = bodies.filter(\.1).map(\.0)
        if given.count > 1 {
            errors.append(FieldError(field: given[1], reason: "stands beside \(given[0]): a request has one body"))
        }
        if !options.form.isEmpty, options.method == "GET" || options.method == "HEAD" {
            errors.append(
                FieldError(field: "form", reason: "is a body: send it by POST, PUT or PATCH; a GET has query")
            )
        }
        if options.authentication != nil, (try? CheckURL(settings.url))?.user != nil {
            errors.append(FieldError(field: "url", reason: "holds a user name beside auth: give it once"))
        }
        errors += options.assertions.compactMap(AssertionRules.conflict(in:))
        return errors
    }

    /// Whether both go to the same origin by the same route.
    package static func isSameRecipient(_ old: HTTPSettings, _ new: HTTPSettings) -> Bool {
        guard let former = (try? CheckURL(old.url))?.target, let latter = (try? CheckURL(new.url))?.target else {
            return false
        }
        return former.scheme == latter.scheme && former.authority == latter.authority
            && old.options.proxy == new.options.proxy && old.options.resolver == new.options.resolver
            && old.options.resolve == new.options.resolve
    }

    /// Moves a user name in the URL to the setting that keeps it secret.
    package static func prepared(_ settings: HTTPSettings, stored: HTTPSettings?) -> HTTPSettings {
        guard settings.url.contains("@"), let url = try? CheckURL(settings.url), let user = url.user else {
            return settings
        }
        var settings = settings
        settings.url = url.kept
        settings.options.authentication = .basic(user: user.name, password: user.password)
        return settings
    }

    package static func makeProber(on loop: EventLoop, _ configuration: ProbeConfiguration) -> (any Prober)? {
        HTTPProber(loop: loop, configuration: configuration)
    }
}
