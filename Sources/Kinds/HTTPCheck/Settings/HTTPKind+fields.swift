package import Checks

extension HTTPKind {
    package static let fields: [Field<HTTPSettings>] = target + request + expectations + connection

    private static let target: [Field<HTTPSettings>] = [
        Field("url", \.url, .httpURL, default: "", isRequired: true, "What is asked for.")
    ]

    private static let request: [Field<HTTPSettings>] = [
        Field("method", \.options.method, .httpMethod, default: "GET", short: "X", "The request's method."),
        Field(
            "headers",
            \.options.headers,
            .httpHeaders,
            default: [],
            flag: "header",
            short: "H",
            "Request header fields; a secret one is answered as ********, which keeps it when it is sent back."
        ),
        Field(
            "query",
            \.options.query,
            .httpParameters,
            default: [],
            "Parameters to add to the URL's query; one with a secret name is answered as ********."
        ),
        Field("body", \.options.body, .optional(.requestBody), default: nil, short: "d", "The request's body."),
        Field(
            "body_file",
            \.options.bodyFile,
            .optional(.serverFile),
            default: nil,
            "A file on the server that holds the request's body, read for each check."
        ),
        Field(
            "form",
            \.options.form,
            .httpParameters,
            default: [],
            "Parameters to send as application/x-www-form-urlencoded; one with a secret name is answered as ********."
        ),
        Field(
            "auth",
            \.options.authentication,
            .optional(.httpAuthentication),
            default: nil,
            "How the request proves who it is."
        ),
        Field(
            "user_agent",
            \.options.userAgent,
            .optional(.text(1...1024, rule: HTTPRules.headerValue)),
            default: nil,
            short: "A",
            "The User-Agent field; null sends Sentinel's own."
        ),
    ]

    private static let expectations: [Field<HTTPSettings>] = [
        Field(
            "expected_status",
            \.options.expectedStatus,
            .statusSet,
            default: .standard,
            "The status codes that count as success."
        ),
        Field(
            "keyword",
            \.options.keyword,
            .optional(.text(HTTPLimits.keyword)),
            default: nil,
            "Text that must stand in the decoded body."
        ),
        Field(
            "not_keyword",
            \.options.forbiddenKeyword,
            .optional(.text(HTTPLimits.keyword)),
            default: nil,
            "Text that must not stand in the decoded body."
        ),
        Field(
            "ignore_case",
            \.options.ignoresKeywordCase,
            .flag,
            default: false,
            "Whether keywords are found whatever the case of their letters."
        ),
        Field(
            "assertions",
            \.options.assertions,
            .list(.assertion, maximum: HTTPAssertion.limit),
            default: [],
            flag: "assert",
            "What else the response must be: SUBJECT OPERATOR VALUE, such as json $.status == \"ok\"."
        ),
        Field(
            "stop_at_match",
            \.options.endsAtMatch,
            .flag,
            default: false,
            "Whether the check ends as soon as a keyword was seen, for bodies that never end."
        ),
        Field(
            "strict_http",
            \.options.isStrict,
            .flag,
            default: false,
            "Whether irregular headers fail the check that browsers and curl put up with."
        ),
        Field(
            "max_body",
            \.options.maximumBody,
            .bytes(HTTPLimits.body),
            default: HTTPLimits.standardBody,
            "Bytes of decoded body after which the check fails."
        ),
        Field(
            "follow_redirects",
            \.options.followsRedirects,
            .flag,
            default: true,
            short: "L",
            "Whether redirects are followed."
        ),
        Field(
            "max_redirects",
            \.options.maximumRedirects,
            .integer(HTTPLimits.redirects),
            default: HTTPLimits.redirects.upperBound,
            "How many redirects are followed."
        ),
    ]

    private static let connection: [Field<HTTPSettings>] = [
        Field(
            "timeout",
            \.options.timeout,
            .seconds(CheckLimits.timeout, example: 10),
            default: CheckLimits.standardTimeout,
            "Seconds for the whole check."
        ),
        Field(
            "connect_timeout",
            \.options.connectTimeout,
            .optional(.seconds(CheckLimits.timeout, example: 10)),
            default: nil,
            "Seconds to resolve and connect."
        ),
        Field(
            "server_name",
            \.options.serverName,
            .optional(.text(1...253, rule: HTTPRules.serverName)),
            default: nil,
            "The name to ask for in the TLS handshake (SNI), which the certificate must be for; null means the Host header's name, or the URL's."
        ),
        Field("verify_tls", \.options.verifyTLS, .flag, default: true, "Whether the certificate must be valid."),
        Field("min_protocol", \.options.minimumTLS, .choice, default: .v12, "The oldest TLS version that is spoken."),
        Field(
            "ca_file",
            \.options.caFile,
            .optional(.pemFile),
            default: nil,
            "A PEM file on the server that replaces its authorities."
        ),
        Field(
            "client_cert",
            \.options.clientCertificate,
            .optional(.pemFile),
            default: nil,
            "A PEM file on the server: the client's certificate."
        ),
        Field(
            "client_key",
            \.options.clientKey,
            .optional(.pemFile),
            default: nil,
            "A PEM file on the server: the certificate's key."
        ),
        Field(
            "resolve",
            \.options.resolve,
            .list(.resolveOverride, maximum: HTTPLimits.resolveCount),
            default: [],
            "HOST:PORT:ADDRESS, instead of asking."
        ),
        Field(
            "resolver",
            \.options.resolver,
            .optional(.nameServer),
            default: nil,
            "ADDRESS:PORT of the name server to ask; null asks the system's."
        ),
        Field(
            "proxy",
            \.options.proxy,
            .optional(.text(1...1024, placeholder: "URL", rule: HTTPRules.proxy)),
            default: nil,
            "An http, https, socks4, socks5 or socks5h URL."
        ),
        Field("ip_version", \.options.ipVersion, .choice, default: .any, "The address family."),
        Field("http_version", \.options.httpVersion, .choice, default: .automatic, "The HTTP version."),
        Field(
            "reuse_connection",
            \.options.reuseConnection,
            .flag,
            default: false,
            "Whether a connection is kept for the next check."
        ),
    ]
}
