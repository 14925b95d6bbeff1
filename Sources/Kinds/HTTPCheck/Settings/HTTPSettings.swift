import Base
import Checks

/// What one HTTP check does and what it expects; everything a worker needs to know.
///
/// Most monitors differ only in their URL, so all else lives in one shared, copy-on-write `Options` value.
package struct HTTPSettings: CheckSettings {
    package typealias Kind = HTTPKind
    /// As people wrote it: an absolute http or https URL.
    package var url: String
    private var storage: SharedOptions

    /// Options as specs share them; reading one copies nothing else.
    package final class SharedOptions: Sendable {
        package let options: Options
        fileprivate init(_ options: Options) { self.options = options }
        /// Every default.
        package static let standard = SharedOptions(Options())
    }

    package init(url: String, options: Options = Options()) {
        self.url = url
        storage = options == Options() ? .standard : SharedOptions(options)
    }

    package var options: Options {
        get { storage.options }
        set { storage = newValue == Options() ? .standard : SharedOptions(newValue) }
    }

    /// The options without a copy, for who reads them often.
    package var sharedOptions: SharedOptions { storage }

    package static func == (left: HTTPSettings, right: HTTPSettings) -> Bool {
        left.url == right.url && (left.storage === right.storage || left.options == right.options)
    }

    /// The settings of a check apart from its URL.
    package struct Options: Sendable, Equatable {
        /// Upper-case token.
        package var method = "GET"
        package var headers: [Header] = []
        package var body: String?
        /// Path of a file on the server that holds the body; read for each check.
        package var bodyFile: String?
        /// Sent as `application/x-www-form-urlencoded` in place of a body.
        package var form: [Parameter] = []
        /// Added to the URL's own query.
        package var query: [Parameter] = []
        package var authentication: Authentication?
        package var expectedStatus = StatusSet.standard
        package var followsRedirects = true
        /// How many redirects are followed.
        package var maximumRedirects = HTTPLimits.redirects.upperBound
        /// For the whole check, redirects included.
        package var timeout = CheckLimits.standardTimeout
        /// For resolving and connecting; nil means the overall limit.
        package var connectTimeout: Duration?
        package var verifyTLS = true
        /// The oldest TLS version that is spoken.
        package var minimumTLS = TLSVersion.v12
        /// Path of a PEM file that replaces the system's authorities.
        package var caFile: String?
        /// Paths of PEM files.
        package var clientCertificate: String?
        package var clientKey: String?
        /// The name to ask for in the TLS handshake and that the certificate must be for; nil means the Host field's, or
        /// the URL's.
        package var serverName: String?
        /// `HOST:PORT:ADDRESS`: connect there without asking a resolver.
        package var resolve: [ResolveOverride] = []
        /// `ADDRESS:PORT` of the name server to ask; nil means the system's.
        package var resolver: String?
        /// `http://`, `https://`, `socks4://`, `socks5://`, `socks5h://` URL.
        package var proxy: String?
        package var ipVersion = IPVersion.any
        package var httpVersion = HTTPVersion.automatic
        /// Text that must stand in the decoded body.
        package var keyword: String?
        /// Text that must not stand in the decoded body.
        package var forbiddenKeyword: String?
        /// Whether keywords are found whatever the case of their letters.
        package var ignoresKeywordCase = false
        /// What else the final response must be; all are judged, in order.
        package var assertions: [HTTPAssertion] = []
        /// Bytes of decoded body after which the check fails.
        package var maximumBody = HTTPLimits.standardBody
        package var userAgent: String?
        /// Whether an answer must keep to the letter of HTTP/1.1 where browsers and curl are lenient.
        package var isStrict = false
        /// Whether the check ends as soon as a keyword was seen, though the body goes on.
        package var endsAtMatch = false
        /// Whether a connection may be kept for the next check; phases of a reused one are null.
        package var reuseConnection = false

        package init() {}

        /// Whether the request has a body, wherever it comes from.
        package var hasBody: Bool { body != nil || bodyFile != nil || !form.isEmpty }
    }

    /// One request header field.
    package struct Header: Sendable, Equatable {
        package var name: String
        package var value: String
        package init(name: String, value: String) {
            self.name = name
            self.value = value
        }

        /// Whether the check itself sets the field, which frames the message.
        ///
        /// libcurl also repeats a request with an `Expect` of ours for as long as the answer is 417.
        package var isReserved: Bool { Self.reserved.contains(name.lowercased()) }

        private static let reserved: Set<String> = [
            "content-length", "transfer-encoding", "connection", "keep-alive", "proxy-connection", "te",
            "trailer", "upgrade", "expect",
        ]

        /// Whether the field, by its name, proves who the sender is: never shown, and never sent to another origin.
        package var isSecret: Bool { SecretName.matches(header: name) }
    }

    /// How the request proves who it is; secret.
    package enum Authentication: Sendable, Equatable {
        case basic(user: String, password: String)
        /// The password is not sent, only what proves that it is known (RFC 7616).
        case digest(user: String, password: String)
        /// A bearer token that is fetched with a client's own credentials.
        case oauth2(OAuth2Client)
        case bearer(token: String)
    }

    /// Which address a name and port stand for.
    package struct ResolveOverride: Sendable, Equatable {
        package var host: String
        package var port: UInt16
        package var address: String
        package init(host: String, port: UInt16, address: String) {
            (self.host, self.port, self.address) = (host, port, address)
        }

        /// Reads `HOST:PORT:ADDRESS`; an IPv6 address may stand in brackets.
        package init?(text: String) {
            let parts = text.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
            guard parts.count == 3, !parts[0].isEmpty, let port = UInt16(parts[1]), port > 0, !parts[2].isEmpty else {
                return nil
            }
            var address = parts[2]
            if address.hasPrefix("["), address.hasSuffix("]") { address = address.dropFirst().dropLast() }
            self.init(host: parts[0].lowercased(), port: port, address: String(address))
        }

        package var text: String {
            address.contains(":") ? "\(host):\(port):[\(address)]" : "\(host):\(port):\(address)"
        }
    }

    /// Which address family to use.
    package enum IPVersion: String, Sendable, CaseIterable { case any, v4 = "4", v6 = "6" }

    /// A version of TLS.
    package enum TLSVersion: String, Sendable, CaseIterable {
        case v10 = "1.0"
        case v11 = "1.1"
        case v12 = "1.2"
        case v13 = "1.3"
    }

    /// Which HTTP version to speak.
    package enum HTTPVersion: String, Sendable, CaseIterable {
        case automatic = "auto"
        case http10 = "1.0"
        case http11 = "1.1"
        case http2 = "2"
        case http2PriorKnowledge = "2-prior-knowledge"
    }
}
