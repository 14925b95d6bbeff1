import Arguments
import Base
import Domain

/// The command line of `sentinel check`.
enum CheckOptions {
    static let url = Positional<String>(
        "URL",
        .anyText("URL", maximum: 65_536),
        help: "What to check; https:// is put in front when there is no scheme."
    )
    static let method = Option<String>("method", short: "X", .httpMethod, help: "Request method (default: GET).")
    static let header = RepeatedOption<HTTPSpec.Header>(
        "header",
        short: "H",
        .header,
        maximum: MonitorLimits.headerCount,
        help: "Request header; may be repeated."
    )
    static let body = Option<String>(
        "body",
        short: "d",
        .anyText("TEXT", maximum: MonitorLimits.requestBodyLength),
        help: "Request body; the method is then POST unless --method says otherwise."
    )
    static let expect = Option<StatusSet>(
        "expect",
        .statusSet,
        help: "Status codes that count as up, such as 200-299,301 (default: 200-399)."
    )
    static let timeout = Option<Duration>(
        "timeout",
        .duration(MonitorLimits.timeout),
        help: "Limit of the whole check (default: 10s)."
    )
    static let connectTimeout = Option<Duration>(
        "connect-timeout",
        .duration(MonitorLimits.timeout),
        help: "Limit of resolving and connecting (default: none of its own)."
    )
    static let follow = Flag("follow-redirects", short: "L", help: "Follow redirects; this is the default.")
    static let noFollow = Flag("no-follow-redirects", help: "Take a redirect as the answer.")
    static let maximumRedirects = Option<Int>(
        "max-redirects",
        .integer(0...MonitorLimits.maximumRedirects),
        help: "How many redirects are followed (default: \(MonitorLimits.defaultRedirects))."
    )
    static let insecure = Flag("insecure", short: "k", help: "Accept any certificate.")
    static let caFile = Option<String>(
        "ca-file",
        .text("FILE"),
        help: "PEM file with the authorities to trust instead of the system's."
    )
    static let clientCertificate = Option<String>(
        "client-cert",
        .text("FILE"),
        help: "PEM file with a certificate to show."
    )
    static let clientKey = Option<String>(
        "client-key",
        .text("FILE"),
        help: "PEM file with its private key (default: the certificate's file)."
    )
    static let resolve = RepeatedOption<HTTPSpec.ResolveOverride>(
        "resolve",
        .resolveOverride,
        maximum: 20,
        help: "Connect to ADDR for HOST and PORT without asking a name server; may be repeated."
    )
    static let resolver = Option<String>(
        "resolver",
        .nameServer,
        placeholder: "ADDR:PORT",
        help: "Name server to ask (default: the system's)."
    )
    static let ipVersion = Option<HTTPSpec.IPVersion>(
        "ip-version",
        .choice,
        placeholder: "4|6",
        help: "Address family to use (default: any)."
    )
    static let httpVersion = Option<HTTPSpec.HTTPVersion>(
        "http-version",
        .choice,
        placeholder: "VERSION",
        help: "auto, 1.0, 1.1, 2 or 2-prior-knowledge (default: auto)."
    )
    static let keyword = Option<String>(
        "keyword",
        .anyText("TEXT", maximum: MonitorLimits.keywordLength),
        help: "Text that must be in the body."
    )
    static let forbiddenKeyword = Option<String>(
        "not-keyword",
        .anyText("TEXT", maximum: MonitorLimits.keywordLength),
        help: "Text that must not be in the body."
    )
    static let maximumBody = Option<Int>(
        "max-body",
        .byteCount(1...MonitorLimits.maximumBody),
        help: "Size of body after which the check fails (default: 10M)."
    )
    static let userAgent = Option<String>(
        "user-agent",
        short: "A",
        .text("TEXT", length: 1...256),
        help: "User-Agent to send."
    )
    static let basic = Option<String>(
        "basic",
        .anyText("USER:PASSWORD", maximum: 4096),
        placeholder: "USER:PASSWORD|@FILE",
        isSecret: true,
        help: "Basic authentication; also from SENTINEL_BASIC."
    )
    static let bearer = Option<String>(
        "bearer",
        .anyText("TOKEN", maximum: 8192),
        placeholder: "TOKEN|@FILE",
        isSecret: true,
        help: "Bearer token to send; also from SENTINEL_BEARER."
    )
    static let proxy = Option<String>(
        "proxy",
        .proxyURL,
        help: "Proxy to go through: http://, https://, socks4://, socks5://, socks5h://."
    )
    static let json = Flag("json", help: "Print the result as JSON.")

    /// In the order in which help lists them.
    static let all: [OptionSpec] = [
        method.spec, header.spec, body.spec, expect.spec, timeout.spec, connectTimeout.spec, follow.spec, noFollow.spec,
        maximumRedirects.spec, insecure.spec, caFile.spec, clientCertificate.spec, clientKey.spec, resolve.spec,
        resolver.spec, ipVersion.spec, httpVersion.spec, keyword.spec, forbiddenKeyword.spec, maximumBody.spec,
        userAgent.spec, basic.spec, bearer.spec, proxy.spec, json.spec,
    ]
}
